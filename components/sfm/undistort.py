"""Straighten the photos: a PINHOLE model and images to go with it."""

from __future__ import annotations

import os
from pathlib import Path

import pycolmap

from components.sfm.capture import Capture
from components.sfm.masks import straighten_masks
from components.shared.errors import StorageError
from components.shared.resources import available_cpus
from components.shared.scene import IMAGES_FOLDER, SPARSE_FOLDER

_JPEG_QUALITY = 95


def undistort(
    model: pycolmap.Reconstruction,
    capture: Capture,
    photos_folder: Path,
    masks_folder: Path | None,
    scene: Path,
    scratch: Path,
) -> None:
    """Write `sparse/`, `images/` and `masks/` into `scene`: photos and masks under their own names again.

    `photos_folder` is that of `shrink_photos`, `masks_folder` that of `shrink_masks`.

    Raises:
        StorageError: a photo could not be written; COLMAP goes on without it.
    """
    named, distorted, straight = scratch / "named", scratch / "distorted", scratch / "straight"
    for photo in capture.photos:
        if model.exists_image(photo.id):
            model.images[photo.id].name = photo.name
            (named / photo.name).parent.mkdir(parents=True, exist_ok=True)
            (named / photo.name).symlink_to((photos_folder / photo.plain_name).absolute())
    distorted.mkdir()
    model.write_binary(str(distorted))
    options = pycolmap.UndistortCameraOptions()
    options.max_image_size = _largest_side(model)
    pycolmap.undistort_images(
        straight,
        distorted,
        named,
        undistort_options=options,
        jpeg_quality=_JPEG_QUALITY,
        num_threads=available_cpus(),
    )
    _check_written(model, straight / IMAGES_FOLDER)
    if masks_folder is not None:
        straighten_masks(model, capture, masks_folder, options, scene)
    for name in (SPARSE_FOLDER, IMAGES_FOLDER):
        os.replace(straight / name, scene / name)


def _largest_side(model: pycolmap.Reconstruction) -> int:
    """Straightening may stretch photos; no scene is larger than its photos."""
    return max(max(camera.width, camera.height) for camera in model.cameras.values())


def _check_written(model: pycolmap.Reconstruction, folder: Path) -> None:
    names = [model.images[image_id].name for image_id in model.reg_image_ids()]
    missing = [name for name in names if not (folder / name).is_file() or not (folder / name).stat().st_size]
    if missing:
        raise StorageError(
            f"{len(missing)} of {len(names)} straightened photos could not be written, {missing[0]} first",
            remedy="Free space on the disk for temporary files (TMPDIR), then run again.",
        )
