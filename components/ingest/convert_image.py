"""Convert photos in formats that COLMAP cannot read to JPEG; other photos are not changed."""

from __future__ import annotations

from pathlib import Path

from PIL import Image
from PIL.ExifTags import IFD, Base

CONVERTED_FORMATS = frozenset({"HEIF", "AVIF", "WEBP"})
_QUALITY = 95


def convert_to_jpeg(image: Image.Image, path: Path) -> None:
    """Write `image` with quality 95 and without chroma subsampling; EXIF and colour profile are kept.

    EXIF's maker note is dropped: it may be larger than the EXIF of a JPEG can be.
    """
    exif = image.getexif()
    exif.get_ifd(IFD.Exif).pop(Base.MakerNote, None)
    image.convert("RGB").save(
        path,
        "JPEG",
        quality=_QUALITY,
        subsampling=0,
        exif=exif,
        icc_profile=image.info.get("icc_profile"),
    )
