"""One photo: decoded in full, measured, and given its verdict."""

from __future__ import annotations

import hashlib
import struct
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image, UnidentifiedImageError

from components.ingest.convert_image import CONVERTED_FORMATS, convert_to_jpeg
from components.ingest.measure_sharpness import luminance, measure_sharpness
from components.ingest.memory_budget import MemoryBudget
from components.ingest.read_exif import read_exif
from components.ingest.records import (
    CORRUPT,
    NOT_AN_IMAGE,
    TOO_LARGE,
    TOO_SMALL,
    TRUNCATED,
    UNREADABLE,
    ImageRecord,
    SourceFile,
)
from components.ingest.settings import IngestSettings

FORMATS = ("JPEG", "PNG", "TIFF", "BMP", *sorted(CONVERTED_FORMATS))
"""Nothing else is tried: some of Pillow's readers start other programs."""
THUMBNAIL_PX = 16
_DECODER_ERRORS = (
    *(OSError, SyntaxError, ValueError, EOFError, IndexError, OverflowError, RuntimeError),
    *(struct.error, zlib.error),
)
_BEGINNINGS = (b"\xff\xd8\xff", b"\x89PNG", b"II*\0", b"MM\0*", b"RIFF")


@dataclass(slots=True)
class CheckedImage:
    """`path` is what gets packed; `source_name` and `source_sha256` are of the file as given; `thumbnail`
    [16, 16] float32; `mask_path`, if there is one: of the photo's size, 255 where it is believed, else 0."""

    record: ImageRecord
    path: Path
    source_name: str = ""
    mask_path: Path | None = None
    source_sha256: str = ""
    thumbnail: np.ndarray | None = None


class _RejectedError(Exception):
    """Ends the check of one photo."""

    def __init__(self, verdict: str, reason: str) -> None:
        super().__init__(reason)
        self.verdict, self.reason = verdict, reason


def check_image(
    photo: SourceFile, converted: Path, settings: IngestSettings, memory: MemoryBudget
) -> CheckedImage:
    """Judge a photo by itself; `converted` is where it is written if COLMAP cannot read its format."""
    assert photo.path is not None  # photos are always fetched
    checked = CheckedImage(ImageRecord(name=photo.name), photo.path, photo.name)
    try:
        _read(checked, settings, memory, converted)
    except _RejectedError as rejected:
        checked.record.reject(rejected.verdict, rejected.reason)
    return checked


def _read(checked: CheckedImage, settings: IngestSettings, memory: MemoryBudget, converted: Path) -> None:
    _read_file(checked)
    path, record = checked.path, checked.record
    with _diagnosed(path):
        image = Image.open(path, formats=FORMATS)
    with image:
        _check_size(image, settings)
        record.width, record.height = image.size
        with memory.hold(image.width * image.height), _diagnosed(path):
            if image.format in CONVERTED_FORMATS:
                _convert(checked, image, converted)
            gray = luminance(image)
        _measure(checked, image, gray)


def _read_file(checked: CheckedImage) -> None:
    try:
        with checked.path.open("rb") as file:
            checked.source_sha256 = hashlib.file_digest(file, "sha256").hexdigest()
    except (PermissionError, FileNotFoundError) as error:
        raise _RejectedError(UNREADABLE, f"it cannot be opened: {error.strerror}") from error
    checked.record.sha256 = checked.source_sha256
    checked.record.bytes = checked.path.stat().st_size
    if checked.record.bytes == 0:
        raise _RejectedError(NOT_AN_IMAGE, "the file is empty")


def _check_size(image: Image.Image, settings: IngestSettings) -> None:
    width, height = image.size
    if width * height > settings.max_megapixels * 1e6:
        raise _RejectedError(
            TOO_LARGE,
            f"{width} x {height} are {width * height / 1e6:.0f} million pixels; "
            f"the limit is {settings.max_megapixels:g}",
        )
    if min(width, height) < settings.min_side_px:
        raise _RejectedError(
            TOO_SMALL,
            f"{width} x {height} pixels; the shorter side must have {settings.min_side_px} or more",
        )


def _measure(checked: CheckedImage, image: Image.Image, gray: np.ndarray) -> None:
    record = checked.record
    record.sharpness = measure_sharpness(gray)
    checked.thumbnail = np.asarray(
        Image.fromarray(gray).resize((THUMBNAIL_PX, THUMBNAIL_PX), Image.Resampling.BOX)
    )
    exif = read_exif(image)
    record.make, record.model = exif.make, exif.model
    record.focal_length_mm, record.focal_length_35mm = exif.focal_length_mm, exif.focal_length_35mm
    record.focal_length_px = exif.focal_length_px(record.width, record.height)
    record.gps, record.orientation, record.captured_at = exif.gps, exif.orientation, exif.captured_at


def _convert(checked: CheckedImage, image: Image.Image, converted: Path) -> None:
    convert_to_jpeg(image, converted)
    checked.path = converted
    record = checked.record
    record.name = f"{record.name}.jpg"
    record.reason = f"converted from {image.format} to JPEG, which structure from motion can read"
    record.bytes = converted.stat().st_size
    with converted.open("rb") as file:
        record.sha256 = hashlib.file_digest(file, "sha256").hexdigest()


@contextmanager
def _diagnosed(path: Path) -> Iterator[None]:
    """Within the block a failure of a decoder is the photo's; one of the disk stays what it is."""
    try:
        yield
    except _DECODER_ERRORS as error:
        if isinstance(error, OSError) and error.errno is not None:
            raise
        raise _diagnose(error, path) from error


def _diagnose(error: Exception, path: Path) -> _RejectedError:
    if "truncated" in str(error).lower():
        return _RejectedError(TRUNCATED, "the file ends before the picture does; copy it again")
    if not isinstance(error, UnidentifiedImageError):
        return _RejectedError(CORRUPT, f"its data is damaged ({error}); copy it again")
    with path.open("rb") as file:
        beginning = file.read(12)
    if beginning.startswith(_BEGINNINGS) or beginning[4:8] == b"ftyp":
        return _RejectedError(CORRUPT, "it begins like a photo but cannot be opened: damaged or cut off")
    return _RejectedError(NOT_AN_IMAGE, "its content is no picture, whatever its name says")
