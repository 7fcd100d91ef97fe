"""Open the EXIF of a photo, wherever its format keeps it."""

from __future__ import annotations

import io
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from PIL import Image

from components.ingest.metadata.tiff_tags import TiffTags

_RAW_PROFILES = ("Raw profile type exif", "Raw profile type APP1")


@contextmanager
def exif_tags(image: Image.Image, path: Path) -> Iterator[TiffTags | None]:
    """The tags of an image that was opened from a file; None without EXIF. Of a PNG after its pixels.

    path: the file; only that of a TIFF is read, whose tags are those of EXIF.
    """
    if image.format == "TIFF":
        with path.open("rb") as file:
            yield TiffTags(file)
        return
    data = image.info.get("exif")
    for key in _RAW_PROFILES:
        if not data and key in image.info:
            data = _raw_profile(str(image.info[key]))
    while data and data.startswith(b"Exif\0\0"):
        data = data[6:]
    yield TiffTags(io.BytesIO(data)) if data else None


def _raw_profile(text: str) -> bytes:
    """EXIF of a PNG as ImageMagick writes it: a name and a length on lines of their own, then hexadecimal.

    Other text is returned as it is: it does not begin as EXIF does.
    """
    try:
        return bytes.fromhex("".join(text.split("\n")[3:]))
    except ValueError:
        return text.encode()
