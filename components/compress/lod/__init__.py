"""Levels of detail of a scene, and a streamed SOG that has them."""
