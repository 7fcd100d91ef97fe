"""Check one photo: decode it in full, measure it, and give it a verdict."""

from __future__ import annotations

import hashlib
import struct
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image, UnidentifiedImageError

from components.ingest.convert_image import CONVERTED_FORMATS, convert_to_jpeg
from components.ingest.measure_sharpness import luminance, measure_sharpness
from components.ingest.memory_budget import MemoryBudget
from components.ingest.read_exif import read_exif
from components.ingest.settings import IngestSettings
from components.ingest.source_file import SourceFile
from components.shared.contracts.capture import CaptureImage, ImageVerdict

FORMATS = ("JPEG", "PNG", "TIFF", "BMP", *sorted(CONVERTED_FORMATS))
"""No other format is tried: some of Pillow's readers start other programs."""
THUMBNAIL_PX = 16
_DECODER_ERRORS = (
    *(OSError, SyntaxError, ValueError, EOFError, IndexError, OverflowError, RuntimeError),
    *(struct.error, zlib.error),
)
_SIGNATURES = (b"\xff\xd8\xff", b"\x89PNG", b"II*\0", b"MM\0*", b"RIFF")


@dataclass(slots=True)
class CheckedImage:
    """A photo of the source with its entry of `capture.json`."""

    source: SourceFile
    info: CaptureImage
    path: Path
    """The file that the capture gets: that of the source, or its conversion to JPEG."""
    source_sha256: str = ""
    thumbnail: np.ndarray | None = None
    """Luminance [16, 16], float32."""
    mask_path: Path | None = None
    """PNG of the photo's size: 255 where the photo is used, 0 where it is ignored; None without a mask."""

    def update(self, **changes: Any) -> None:
        """Set fields of `info`."""
        self.info = self.info.replace(**changes)

    def reject(self, verdict: ImageVerdict, reason: str) -> None:
        self.update(verdict=verdict, reason=reason)


class _RejectedError(Exception):
    """Ends the check of one photo."""

    def __init__(self, verdict: ImageVerdict, reason: str) -> None:
        super().__init__(reason)
        self.verdict, self.reason = verdict, reason


def check_image(
    photo: SourceFile, converted: Path, settings: IngestSettings, memory: MemoryBudget
) -> CheckedImage:
    """Check a photo by itself. If COLMAP cannot read its format, `converted` is where its JPEG goes."""
    assert photo.path is not None, "photos are always fetched"
    checked = CheckedImage(photo, CaptureImage(name=photo.name, source_name=photo.original_name), photo.path)
    try:
        _check_file(checked)
        _check_content(checked, settings, memory, converted)
    except _RejectedError as rejected:
        checked.reject(rejected.verdict, rejected.reason)
    return checked


def _check_file(checked: CheckedImage) -> None:
    try:
        checked.source_sha256 = _sha256(checked.path)
    except (PermissionError, FileNotFoundError) as error:
        raise _RejectedError(ImageVerdict.UNREADABLE, f"it cannot be opened: {error.strerror}") from error
    checked.update(sha256=checked.source_sha256, bytes=checked.path.stat().st_size)
    if checked.info.bytes == 0:
        raise _RejectedError(ImageVerdict.NOT_AN_IMAGE, "the file is empty")


def _check_content(
    checked: CheckedImage, settings: IngestSettings, memory: MemoryBudget, converted: Path
) -> None:
    path = checked.path
    with _decoding(path):
        image = Image.open(path, formats=FORMATS)
    with image:
        _check_size(image, settings)
        checked.update(width=image.width, height=image.height)
        with memory.hold(image.width * image.height), _decoding(path):
            if image.format in CONVERTED_FORMATS:
                _convert(checked, image, converted)
            gray = luminance(image)
        _measure(checked, image, gray)


def _check_size(image: Image.Image, settings: IngestSettings) -> None:
    width, height = image.size
    if width * height > settings.max_megapixels * 1e6:
        raise _RejectedError(
            ImageVerdict.TOO_LARGE,
            f"{width} x {height} are {width * height / 1e6:.0f} million pixels; "
            f"the limit is {settings.max_megapixels:g}",
        )
    if min(width, height) < settings.min_side_px:
        raise _RejectedError(
            ImageVerdict.TOO_SMALL,
            f"{width} x {height} pixels; the shorter side must have {settings.min_side_px} or more",
        )


def _convert(checked: CheckedImage, image: Image.Image, converted: Path) -> None:
    convert_to_jpeg(image, converted)
    checked.path = converted
    checked.update(
        name=f"{checked.info.name}.jpg",
        sha256=_sha256(converted),
        bytes=converted.stat().st_size,
        reason=f"converted from {image.format} to JPEG, which structure from motion can read",
    )


def _measure(checked: CheckedImage, image: Image.Image, gray: np.ndarray) -> None:
    thumbnail = Image.fromarray(gray).resize((THUMBNAIL_PX, THUMBNAIL_PX), Image.Resampling.BOX)
    checked.thumbnail = np.asarray(thumbnail)
    exif = read_exif(image)
    checked.update(
        sharpness=measure_sharpness(gray),
        make=exif.make,
        model=exif.model,
        focal_length_mm=exif.focal_length_mm,
        focal_length_35mm=exif.focal_length_35mm,
        focal_length_px=exif.focal_length_px(image.width, image.height),
        gps=exif.gps,
        orientation=exif.orientation,
        captured_at=exif.captured_at,
        exif_error=exif.error,
    )


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


@contextmanager
def _decoding(path: Path) -> Iterator[None]:
    """Turns errors of a decoder into a rejection of the photo; errors of the disk pass through."""
    try:
        yield
    except _DECODER_ERRORS as error:
        if isinstance(error, OSError) and error.errno is not None:
            raise
        raise _diagnose(error, path) from error


def _diagnose(error: Exception, path: Path) -> _RejectedError:
    if "truncated" in str(error).lower():
        return _RejectedError(
            ImageVerdict.TRUNCATED, "the file ends before the image is complete; copy it again"
        )
    if not isinstance(error, UnidentifiedImageError):
        return _RejectedError(ImageVerdict.CORRUPT, f"its data is damaged ({error}); copy it again")
    with path.open("rb") as file:
        header = file.read(12)
    if header.startswith(_SIGNATURES) or header[4:8] == b"ftyp":
        return _RejectedError(
            ImageVerdict.CORRUPT, "it has the header of an image but cannot be opened: damaged or cut off"
        )
    return _RejectedError(ImageVerdict.NOT_AN_IMAGE, "its content is not an image, in spite of its name")
