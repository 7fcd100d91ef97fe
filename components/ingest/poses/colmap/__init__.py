"""COLMAP models that come with a capture."""
