"""A scene with a georeference as 3D Tiles."""
