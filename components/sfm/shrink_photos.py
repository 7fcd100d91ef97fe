"""Photos for COLMAP's eyes: under plain names, and no larger than they will be used."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from PIL import Image

from components.sfm.capture import Capture, Photo
from components.shared.resources import available_cpus
from components.shared.scene import fitted_size

_MAX_THREADS = 4  # each holds a photo's pixels
_QUALITY = 97
_MODES_KEPT = ("RGB", "RGBA", "L")


def shrink_photos(capture: Capture, folder: Path, max_image_px: int, on_count: Callable[[int], None]) -> None:
    """Fill `folder` with files named `Photo.plain_name`; those that fit as they are become links.

    Thresholds in pixels then mean the same for a photo of 24 megapixels as for one of two; and COLMAP, which
    straightens photos at their full size, took 4 s for one of 17.
    """
    folder.mkdir()

    def prepare(photo: Photo) -> None:
        source, target = capture.image_folder / photo.name, folder / photo.plain_name
        if max(photo.width, photo.height) <= max_image_px:
            target.symlink_to(source.absolute())
        else:
            _shrink(source, target, fitted_size(photo.width, photo.height, max_image_px))

    with ThreadPoolExecutor(min(_MAX_THREADS, available_cpus())) as pool:
        for count, _ in enumerate(pool.map(prepare, capture.photos), start=1):
            on_count(count)


def _shrink(source: Path, target: Path, size: tuple[int, int]) -> None:
    with Image.open(source) as image:
        image.draft(None, size)  # JPEG: decode at a half, quarter or eighth
        kept = image if image.mode in _MODES_KEPT else image.convert("RGB")
        small = kept.resize(size, Image.Resampling.LANCZOS)
    profile = image.info.get("icc_profile")
    small.save(target, quality=_QUALITY, subsampling=0, icc_profile=profile)
