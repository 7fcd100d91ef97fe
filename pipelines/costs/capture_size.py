"""How many photos a capture has, and of what size: what its forecast is made of."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath
from statistics import median

from components.shared.contracts.capture import CaptureImage
from components.shared.scene import fitted_size

_PHOTOS = {".jpg", ".jpeg", ".png", ".heic", ".heif", ".webp", ".tif", ".tiff", ".dng", ".avif", ".bmp"}
_BYTES_PER_PIXEL = 0.3
"""Of JPEG: 0.15 on the photos of bonsai, 0.29 on those of castle, 0.2 to 0.4 from phones."""
_BYTES_PER_PHOTO = 3_000_000
"""Of an archive, whose photos are not counted before it is fetched."""
_ASPECT = 4 / 3


@dataclass(frozen=True, slots=True)
class CaptureSize:
    """Number of photos and the size of one, in pixels."""

    photos: int
    width: int
    height: int
    is_assumed: bool = False
    """Whether it follows from the sizes of files alone."""

    @property
    def megapixels(self) -> float:
        return self.width * self.height / 1e6

    def shrunk_megapixels(self, max_side_px: int, enlargement: float = 1.0) -> float:
        """Of one photo whose longer side is at most `max_side_px`, after it was enlarged."""
        width, height = fitted_size(
            round(self.width * enlargement), round(self.height * enlargement), max_side_px
        )
        return width * height / 1e6


def size_of_photos(images: Sequence[CaptureImage]) -> CaptureSize:
    """Of checked photos; those that are rejected count nothing."""
    used = [image for image in images if image.is_accepted] or list(images)
    width, height = (round(median(getattr(each, side) for each in used)) for side in ("width", "height"))
    return CaptureSize(len(used), max(1, width), max(1, height))


def size_of_files(bytes_by_name: Mapping[str, int], max_video_frames: int) -> CaptureSize:
    """Of files that were listed and not read: an estimate from their number and bytes."""
    photos = [size for name, size in bytes_by_name.items() if PurePosixPath(name).suffix.lower() in _PHOTOS]
    if photos:
        return _assumed(len(photos), sum(photos) / len(photos))
    is_archive = any(name.lower().endswith((".zip", ".tar", ".tgz", ".gz")) for name in bytes_by_name)
    inside = max(1, sum(bytes_by_name.values()) // _BYTES_PER_PHOTO)
    return _assumed(inside if is_archive else max_video_frames, _BYTES_PER_PHOTO)


def _assumed(photos: int, bytes_each: float) -> CaptureSize:
    pixels = max(10_000.0, bytes_each / _BYTES_PER_PIXEL)
    height = (pixels / _ASPECT) ** 0.5
    return CaptureSize(photos, round(_ASPECT * height), round(height), is_assumed=True)
