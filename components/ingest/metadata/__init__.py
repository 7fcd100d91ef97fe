"""EXIF and other metadata of photos, read and written."""
