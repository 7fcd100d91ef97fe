"""Content types of stored files, by their name: what a browser must know to show and to decode them."""

from __future__ import annotations

from pathlib import PurePosixPath

_TYPES = {
    ".html": "text/html; charset=utf-8",
    ".json": "application/json",
    ".webp": "image/webp",
    ".jpg": "image/jpeg",
    ".png": "image/png",
    ".mp4": "video/mp4",
    ".glb": "model/gltf-binary",
    ".usdz": "model/vnd.usdz+zip",
    ".tar": "application/x-tar",
    ".log": "text/plain; charset=utf-8",
}
OTHER = "application/octet-stream"
"""Of scenes, too: `.sog`, `.ply`, `.spz` and `.splat` have no registered type."""


def content_type(name: str) -> str:
    """The content type of a file called `name`.

    The table is the project's own: Python's `mimetypes` reads the machine's, which differ.
    """
    return _TYPES.get(PurePosixPath(name).suffix.lower(), OTHER)
