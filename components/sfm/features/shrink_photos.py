"""Shrunk photos, for COLMAP's features: under names without spaces, and of at most `max_image_px`."""

from __future__ import annotations

from pathlib import Path

from PIL import Image

from components.sfm.capture import Capture, CapturePhoto
from components.shared.parallel import completed
from components.shared.progress import OnProgress, Progress
from components.shared.reading import DAMAGED_PHOTO, reading
from components.shared.resources import threads_that_fit
from components.shared.scene import fitted_size

_BYTES_PER_PIXEL = 24
"""Of a photo, decoded and resampled."""
_QUALITY = 97


def shrink_photos(capture: Capture, folder: Path, max_image_px: int, on_progress: OnProgress) -> None:
    """Fill `folder` with files named `CapturePhoto.colmap_name`; photos that fit become symbolic links.

    Thresholds in pixels then mean the same for a photo of 24 megapixels as for one of two.
    """
    folder.mkdir()

    def shrink(photo: CapturePhoto) -> None:
        source, target = capture.image_folder / photo.name, folder / photo.colmap_name
        if max(photo.width, photo.height) <= max_image_px:
            target.symlink_to(source.absolute())
        else:
            _shrink(source, target, fitted_size(photo.width, photo.height, max_image_px))

    total, threads = len(capture.photos), photo_threads(capture)
    for count, _ in enumerate(completed(shrink, capture.photos, threads=threads, name="shrink"), start=1):
        on_progress(Progress("shrink photos", count / total, f"{count} of {total} photos"))


def photo_threads(capture: Capture) -> int:
    """Number of threads that each decode and resample a photo."""
    largest = max(photo.width * photo.height for photo in capture.photos)
    return threads_that_fit(_BYTES_PER_PIXEL * largest)


def _shrink(source: Path, target: Path, size: tuple[int, int]) -> None:
    with reading(source, remedy=DAMAGED_PHOTO), Image.open(source) as image:
        # JPEG: decode at a half, quarter or eighth; `box` leaves out what lies beyond the original's border.
        _, box = image.draft(None, size) or (None, None)
        small = image.resize(size, Image.Resampling.LANCZOS, box)
    small.save(target, quality=_QUALITY, subsampling=0, icc_profile=None)  # PNGs would get that of `image`
