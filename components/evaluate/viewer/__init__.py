"""One HTML file that shows a scene: PlayCanvas' viewer and the `.sog` inside of it."""
