"""Encode a normalised photo."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

from PIL import Image

_JPEG_QUALITY = 95
_JPEG_MAX_SIDE_PX = 65_500
_PNG_COMPRESSION = 1


def encode_photo(image: Image.Image, stem: Path, exif: bytes, *, lossy: bool) -> tuple[Path, str]:
    """Write `image` (L, RGB or RGBA) beside `stem` as JPEG where the original was `lossy`, else as PNG.

    JPEGs have quality 95 and full chroma resolution; transparent images and those with a side above 65,500
    are PNGs. Returns the path and the name of the format.

    Raises:
        OSError: with `errno`, the file could not be written.
    """
    kind = "JPEG" if lossy and image.mode != "RGBA" and max(image.size) <= _JPEG_MAX_SIDE_PX else "PNG"
    path = stem.with_suffix(".jpg" if kind == "JPEG" else ".png")
    if kind == "PNG":
        write_png(image, path, exif=exif)
    else:
        write_jpeg(image, path, exif)
    return path, kind


def write_jpeg(image: Image.Image, path: Path, exif: bytes, *, quality: int = _JPEG_QUALITY) -> None:
    """Write a JPEG of full chroma resolution.

    Raises:
        OSError: with `errno`, the file could not be written.
    """
    _write(image, path, "JPEG", quality=quality, subsampling=0, exif=exif)


def write_png(image: Image.Image, path: Path, **options: Any) -> None:
    """Write a PNG.

    Raises:
        OSError: with `errno`, the file could not be written.
    """
    _write(image, path, "PNG", compress_level=_PNG_COMPRESSION, transparency=None, **options)


def _write(image: Image.Image, path: Path, kind: str, **options: Any) -> None:
    buffer = io.BytesIO()  # Pillow's errors of writing to a file have no errno
    image.save(buffer, kind, icc_profile=None, **options)
    path.write_bytes(buffer.getbuffer())
