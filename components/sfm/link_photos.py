"""Photos under plain names, for COLMAP's eyes only."""

from __future__ import annotations

from pathlib import Path

from components.sfm.capture import Capture


def link_photos(capture: Capture, folder: Path) -> None:
    """Fill `folder` with links named `Photo.plain_name`."""
    folder.mkdir()
    for photo in capture.photos:
        (folder / photo.plain_name).symlink_to((capture.image_folder / photo.name).absolute())
