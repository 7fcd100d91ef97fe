"""Photos in formats that COLMAP cannot read become JPEGs; everything else travels untouched."""

from __future__ import annotations

from pathlib import Path

from PIL import Image
from PIL.ExifTags import IFD, Base

CONVERTED_FORMATS = frozenset({"HEIF", "AVIF", "WEBP"})
_QUALITY = 95


def convert_to_jpeg(image: Image.Image, path: Path) -> None:
    """Write at high quality with full colour resolution; EXIF and colour profile are kept.

    The maker's own notes are dropped: they may be larger than a JPEG's EXIF can be.
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
