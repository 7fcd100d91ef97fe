"""Write a frame of a film as a photo: sRGB, square pixels, turned as the film states, with EXIF."""

from __future__ import annotations

import struct
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from pathlib import Path

from av.buffer import Buffer
from av.video.frame import VideoFrame
from PIL import Image

from components.ingest.metadata.read_exif import Exif
from components.ingest.metadata.write_exif import exif_bytes
from components.ingest.source.source_file import SourceFile
from components.ingest.video.video_color import ColorTags, to_srgb

_JPEG_QUALITY = 95
MAX_PIXEL_ASPECT = 4
"""Pixels that are longer than this times their other side are an error of the header."""
_TURNS = {
    (0, 1, -1, 0): (Image.Transpose.ROTATE_270, "turned by 90°"),
    (-1, 0, 0, -1): (Image.Transpose.ROTATE_180, "turned by 180°"),
    (0, -1, 1, 0): (Image.Transpose.ROTATE_90, "turned by 270°"),
    (-1, 0, 0, 1): (Image.Transpose.FLIP_LEFT_RIGHT, "mirrored"),
    (1, 0, 0, -1): (Image.Transpose.FLIP_TOP_BOTTOM, "mirrored"),
    (0, 1, 1, 0): (Image.Transpose.TRANSPOSE, "mirrored"),
    (0, -1, -1, 0): (Image.Transpose.TRANSVERSE, "mirrored"),
}
"""By the first two columns of the display matrix, which maps x, y to `a x + c y`, `b x + d y`."""
_EARLIEST, _LATEST = datetime(1990, 1, 1, tzinfo=UTC), datetime(2100, 1, 1, tzinfo=UTC)


def write_frame(
    frame: VideoFrame,
    path: Path,
    *,
    seconds: float,
    was_interlaced: bool,
    pixel_aspect: Fraction,
    container_tags: ColorTags,
    metadata: Mapping[str, str],
    xmp: bytes = b"",
) -> SourceFile:
    """Write the frame as JPEG of quality 95, with `xmp`.

    seconds: time since the start of the film; `metadata` may say when that was.
    pixel_aspect: width over height of a pixel as stored.

    Raises:
        UnknownMatrixError: see `to_srgb`.
    """
    pixels, changes = to_srgb(frame, container_tags)
    image = Image.fromarray(pixels)
    image, squared = _squared(image, pixel_aspect)
    image, turned = _turned(image, frame)
    exif = exif_bytes(_exif(metadata, seconds), *image.size)
    image.save(path, "JPEG", quality=_JPEG_QUALITY, subsampling=0, exif=exif, xmp=xmp)
    deinterlaced = ("deinterlaced",) if was_interlaced else ()
    changes = ("video frame to JPEG", *deinterlaced, *changes, *squared, *turned)
    return SourceFile(path.name, path, changes=changes)


def square_size(width: int, height: int, pixel_aspect: Fraction) -> tuple[int, int]:
    """Size with square pixels: the short axis of the pixels is enlarged, so that no detail is lost."""
    if pixel_aspect > 1:
        return round(width * pixel_aspect), height
    return width, round(height / pixel_aspect)


def _squared(image: Image.Image, pixel_aspect: Fraction) -> tuple[Image.Image, tuple[str, ...]]:
    size = square_size(image.width, image.height, pixel_aspect)
    if size == image.size:
        return image, ()
    words = f"pixels of {pixel_aspect.numerator}:{pixel_aspect.denominator} made square"
    return image.resize(size, Image.Resampling.LANCZOS), (words,)


def _turned(image: Image.Image, frame: VideoFrame) -> tuple[Image.Image, tuple[str, ...]]:
    """The image as the display matrix of the frame shows it; matrices of other angles are ignored."""
    matrix = frame.side_data.get("DISPLAYMATRIX")
    if not isinstance(matrix, Buffer):
        return image, ()
    a, b, _, c, d = struct.unpack_from("=5i", bytes(matrix))
    largest = max(map(abs, (a, b, c, d))) or 1
    turn = _TURNS.get((round(a / largest), round(b / largest), round(c / largest), round(d / largest)))
    return (image.transpose(turn[0]), (turn[1],)) if turn else (image, ())


def _exif(metadata: Mapping[str, str], seconds: float) -> Exif:
    """Make, model and time from the metadata that phones write into a video."""

    def named(name: str) -> str:
        return metadata.get(f"com.apple.quicktime.{name}") or metadata.get(f"com.android.{name}") or ""

    return Exif(make=named("make"), model=named("model"), captured_at=_captured_at(metadata, seconds))


def _captured_at(metadata: Mapping[str, str], seconds: float) -> str | None:
    """ISO 8601 in UTC; None without the time at which the film was started."""
    try:
        started = datetime.fromisoformat(metadata.get("creation_time", ""))
    except ValueError:
        return None
    started = started if started.tzinfo else started.replace(tzinfo=UTC)
    if not _EARLIEST < started < _LATEST:  # the zero of a clock that was never set
        return None
    return (started.astimezone(UTC) + timedelta(seconds=seconds)).isoformat()
