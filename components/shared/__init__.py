"""What at least two stages use: errors, storage, splats, scenes, image metrics, progress."""
