"""Photos and cameras as COLMAP reads them, and the features of photos."""
