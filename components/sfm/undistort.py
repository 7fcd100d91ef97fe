"""Straighten the photos: a PINHOLE model and images to go with it."""

from __future__ import annotations

from pathlib import Path

import pycolmap

from components.shared.resources import available_cpus

_JPEG_QUALITY = 95


def undistort(model: Path, images: Path, folder: Path, max_image_px: int) -> None:
    """Write `sparse/` and `images/` into `folder`, photos shrunk to `max_image_px`."""
    options = pycolmap.UndistortCameraOptions()
    options.max_image_size = max_image_px
    pycolmap.undistort_images(
        folder,
        model,
        images,
        undistort_options=options,
        jpeg_quality=_JPEG_QUALITY,
        num_threads=available_cpus(),
    )
