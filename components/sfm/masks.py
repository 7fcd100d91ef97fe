"""Masks of photos: for COLMAP's eyes, and straightened as their photos are."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pycolmap

from components.sfm.capture import Capture, Photo
from components.shared.errors import StorageError
from components.shared.scene import MASKS_FOLDER, fitted_size

_BELIEVED = 250
"""Straightening blends neighbours: whoever is darker has something masked in it."""


def shrink_masks(capture: Capture, folder: Path, max_image_px: int) -> Path | None:
    """Fill `folder` with a mask for each photo, as COLMAP looks for them; None where no photo has one."""
    if not any(photo.is_masked for photo in capture.photos):
        return None
    folder.mkdir()
    for photo in capture.photos:
        width, height = fitted_size(photo.width, photo.height, max_image_px)
        mask = np.full((height, width), 255, np.uint8)
        if photo.is_masked:
            mask = _read(capture.root / MASKS_FOLDER / f"{photo.name}.png").to_array()
        rows, columns = (np.arange(n) * m // n for n, m in zip((height, width), mask.shape, strict=True))
        _write(mask[np.ix_(rows, columns)], folder / f"{photo.plain_name}.png")
    return folder


def straighten_masks(
    model: pycolmap.Reconstruction,
    capture: Capture,
    masks_folder: Path,
    options: pycolmap.UndistortCameraOptions,
    scene: Path,
) -> None:
    """Write `masks/` into `scene`; where straightening shows what no photo saw, nothing is believed.

    `model` is not straightened yet, `options` are those for the photos.
    """
    for photo in _masked(model, capture):
        mask = _read(masks_folder / f"{photo.plain_name}.png")
        camera = model.cameras[model.images[photo.id].camera_id]
        straight, _ = pycolmap.undistort_image(options, mask, camera)
        believed = np.where(straight.to_array() >= _BELIEVED, 255, 0).astype(np.uint8)
        target = scene / MASKS_FOLDER / f"{photo.name}.png"
        target.parent.mkdir(parents=True, exist_ok=True)
        _write(believed, target)


def _masked(model: pycolmap.Reconstruction, capture: Capture) -> Iterator[Photo]:
    return (photo for photo in capture.photos if photo.is_masked and model.exists_image(photo.id))


# Not by Pillow: where pycolmap was imported first, Pillow's PNG encoder calls pycolmap's zlib and aborts.
def _read(path: Path) -> pycolmap.Bitmap:
    bitmap = pycolmap.Bitmap.read(path, as_rgb=False)
    if bitmap is None:
        raise StorageError(f"the mask {path.name} cannot be read again", remedy="Run again.")
    return bitmap


def _write(pixels: np.ndarray, path: Path) -> None:
    if not pycolmap.Bitmap.from_array(np.ascontiguousarray(pixels)).write(path):
        raise StorageError(
            f"the mask {path.name} could not be written",
            remedy="Free space on the disk for temporary files (TMPDIR), then run again.",
        )
