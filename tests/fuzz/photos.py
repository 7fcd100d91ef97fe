"""Whole photos of every format: each gets a verdict."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pillow_heif
from PIL import Image

from components.ingest.photos.check_image import check_image
from components.ingest.photos.memory_budget import MemoryBudget
from components.ingest.photos.normalize_image import Rules
from components.ingest.settings import IngestSettings
from components.ingest.source.source_file import SourceFile
from tests.fuzz.target import Target
from tests.unit.ingest.exif_files import CONTAINERS, exif_bytes, photo_bytes
from tests.unit.ingest.image_files import png_bytes, tiff_bytes
from tests.unit.ingest.samples import textured_image

pillow_heif.register_heif_opener()
_SETTINGS = IngestSettings(min_side_px=8, max_megapixels=0.1)


def _seeds() -> dict[str, bytes]:
    small = textured_image(1, 24, 16)
    photos = {name: photo_bytes(small, name, exif_bytes()) for name in CONTAINERS}
    for name, options in {"BMP": {}, "progressive JPEG": {"progressive": True}}.items():
        buffer = io.BytesIO()
        small.save(buffer, name.split()[-1], **options)
        photos[name] = buffer.getvalue()
    deep = np.asarray(small).astype(np.uint16) * 257
    photos["deep PNG"] = png_bytes(deep)
    photos["deep TIFF"] = tiff_bytes(deep, 2, deflate=True)
    photos["palette"] = _saved(small.quantize(16), "PNG", transparency=3)
    photos["CMYK"] = _saved(small.convert("CMYK"), "JPEG")
    photos["LZW TIFF"] = _saved(small, "TIFF", compression="tiff_lzw")
    return photos


def _saved(image: Image.Image, kind: str, **options: object) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, kind, **options)
    return buffer.getvalue()


def _read(data: bytes, folder: Path) -> None:
    path = folder / "photo"
    path.write_bytes(data)
    image = check_image(
        SourceFile("photo", path), folder / "new", _SETTINGS, MemoryBudget(10**9), Rules()
    ).info
    assert image.is_accepted or image.reason


TARGET = Target(_seeds, _read, 8192)
