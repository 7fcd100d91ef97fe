"""EXIF of photos: whatever it holds, the pixels are used, and what is read of it is plausible."""

from __future__ import annotations

import json
import struct
from pathlib import Path

import pillow_heif

from components.ingest.photos.check_image import check_image
from components.ingest.photos.memory_budget import MemoryBudget
from components.ingest.photos.normalize_image import Rules
from components.ingest.settings import IngestSettings
from components.ingest.source.source_file import SourceFile
from components.shared.contracts.capture import CaptureInfo
from tests.fuzz.target import Target
from tests.unit.ingest.exif_files import CAMERA, LENS, PLACE, Entry, exif_bytes, photo_bytes, rational, short
from tests.unit.ingest.samples import textured_image

pillow_heif.register_heif_opener()
_CONTAINERS = ("JPEG", "PNG", "WEBP")
"""By the first byte of an input. All of them keep EXIF apart from the pixels."""
_PIXELS = textured_image(1, 48, 32)
_SETTINGS = IngestSettings(min_side_px=16)


def _seeds() -> dict[str, bytes]:
    sensor = (rational(0xA20E, (4000, 1)), short(0xA210, 2), short(0xA002, 4000))
    kinds = {
        "phone": exif_bytes(),
        "camera": exif_bytes(details=(LENS[0], LENS[1], *sensor)),
        "place": exif_bytes(CAMERA[:1], None, PLACE),
        "odd": exif_bytes((*CAMERA, Entry(0x110, 12, 1, struct.pack("<d", 7.0))), LENS, PLACE, following=8),
    }
    return {
        f"{name} {container}": bytes([index]) + exif
        for name, exif in kinds.items()
        for index, container in enumerate(_CONTAINERS)
    }


def _read(data: bytes, folder: Path) -> None:
    container = _CONTAINERS[data[0] % len(_CONTAINERS)] if data else "JPEG"
    path = folder / f"photo.{container.lower()}"
    path.write_bytes(photo_bytes(_PIXELS, container, data[1:]))
    image = check_image(
        SourceFile(path.name, path), folder / "new", _SETTINGS, MemoryBudget(10**9), Rules()
    ).info
    assert image.is_accepted, f"{container}: {image.verdict} ({image.reason})"
    assert image.focal_length_px is None or 4 < image.focal_length_px < 5000, image.focal_length_px
    assert 1 <= image.orientation <= 8
    info = CaptureInfo(source="", images=[image], camera_groups=[], ordered=False)
    assert (
        CaptureInfo.model_validate_json(json.dumps(info.to_json(), allow_nan=False)) == info
    )  # rejects NaN, and places that are none


TARGET = Target(_seeds, _read)
