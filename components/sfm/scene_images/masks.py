"""Masks of photos: shrunk like the photos, and undistorted for the scene."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pycolmap

from components.sfm.capture import Capture, CapturePhoto
from components.shared.errors import StorageError
from components.shared.scene import MASKS_FOLDER, fitted_size

_MIN_VALID = 250
"""Undistortion interpolates: a darker pixel has a masked neighbour."""


def shrink_masks(capture: Capture, folder: Path, max_image_px: int) -> Path | None:
    """Fill `folder` with the masks that photos have, as `colmap_name` with `.png`; None without masks."""
    masked = [photo for photo in capture.photos if photo.is_masked]
    for photo in masked:
        width, height = fitted_size(photo.width, photo.height, max_image_px)
        mask = read_mask(capture.root / MASKS_FOLDER / f"{photo.name}.png")
        rows, columns = (np.arange(n) * m // n for n, m in zip((height, width), mask.shape, strict=True))
        write_mask(mask[np.ix_(rows, columns)], folder / f"{photo.colmap_name}.png")
    return folder if masked else None


def undistort_masks(
    model: pycolmap.Reconstruction,
    photos: list[CapturePhoto],
    masks_folder: Path,
    options: pycolmap.UndistortCameraOptions,
    scene: Path,
) -> None:
    """Write `masks/` into `scene`; pixels that lie outside of the photo are masked.

    `model` has the distorted cameras, `options` are those of the images.
    """
    for photo in photos:
        if not photo.is_masked:
            continue
        mask = _read(masks_folder / f"{photo.colmap_name}.png")
        camera = model.cameras[model.images[photo.id].camera_id]
        undistorted, _ = pycolmap.undistort_image(options, mask, camera)
        valid = np.where(undistorted.to_array() >= _MIN_VALID, 255, 0).astype(np.uint8)
        write_mask(valid, scene / MASKS_FOLDER / f"{photo.name}.png")


# Not with Pillow: where pycolmap was imported first, Pillow's PNG encoder calls pycolmap's zlib and aborts.
def read_mask(path: Path) -> np.ndarray:
    """A mask, uint8 [H, W]."""
    return np.asarray(_read(path).to_array())


def write_mask(pixels: np.ndarray, path: Path) -> None:
    """Write a mask, uint8 [H, W], and the folders that it needs.

    Raises:
        StorageError: it could not be written.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    if not pycolmap.Bitmap.from_array(np.ascontiguousarray(pixels)).write(path):
        raise StorageError(
            f"the mask {path.name} could not be written",
            remedy="Free space on the disk for temporary files (TMPDIR), then run again.",
        )


def _read(path: Path) -> pycolmap.Bitmap:
    bitmap = pycolmap.Bitmap.read(path, as_rgb=False)
    if bitmap is None:
        raise StorageError(f"the mask {path.name} cannot be read again", remedy="Run again.")
    return bitmap
