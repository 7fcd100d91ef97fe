"""Suffixes of photos and films, in lower case: those that are read, and those that are refused by name."""

from __future__ import annotations

PHOTO_SUFFIXES = frozenset(
    {".jpg", ".jpeg", ".jpe", ".jfif", ".mpo", ".png", ".tif", ".tiff", ".bmp", ".webp"}
    | {".heic", ".heif", ".hif", ".avif"}
)
LOSSLESS_SUFFIXES = frozenset({".png", ".tif", ".tiff", ".bmp"})
"""Of PHOTO_SUFFIXES those that masks and maps have."""
VIDEO_SUFFIXES = frozenset(
    {".mp4", ".mov", ".m4v", ".mkv", ".webm", ".avi"}
    | {".mts", ".m2ts", ".ts", ".3gp", ".3g2", ".mpg", ".mpeg", ".wmv", ".mxf", ".flv", ".ogv", ".dv"}
)
RAW_SUFFIXES = frozenset(
    {".3fr", ".arw", ".cr2", ".cr3", ".dng", ".erf", ".iiq", ".nef", ".nrw", ".orf", ".pef", ".raf", ".raw"}
    | {".rw2", ".rwl", ".srw", ".x3f"}
)
RAW_FILM_SUFFIXES = frozenset({".insv", ".360"})
"""Films of 360° cameras that are not stitched yet; UNSUPPORTED_SUFFIXES has them, too."""
UNSUPPORTED_SUFFIXES = RAW_FILM_SUFFIXES | frozenset(
    {".gif", ".jp2", ".jxl", ".psd", ".svg", ".ai", ".eps", ".exr", ".hdr", ".insp"}
)
