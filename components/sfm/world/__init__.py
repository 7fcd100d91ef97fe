"""The frame of the scene: vertical, metres and north, centre and scale."""
