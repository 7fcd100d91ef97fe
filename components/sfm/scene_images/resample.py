"""Undistortion of one photo: from the original to the undistorted image in one resampling."""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pycolmap
from PIL import Image

from components.shared.resample import packed, resample

_JPEG_QUALITY = 97
_MAX_EXIF_BYTES = 65_533
"""Of one segment of a JPEG; some cameras write more, in several."""


@dataclass(frozen=True, slots=True)
class UndistortionMap:
    """Where the pixels of an undistorted image lie in the distorted one; one map for all photos of a camera.

    positions: [H, W, 2] float32, x and y as fractions of the distorted image's width and height.
    size: width and height of the distorted camera in pixels, which is that of the shrunk photos.
    """

    positions: np.ndarray
    size: tuple[int, int]


def undistortion_map(distorted: pycolmap.Camera, undistorted: pycolmap.Camera) -> UndistortionMap:
    """The map between a camera and the PINHOLE camera of `pycolmap.undistort_camera`."""
    x, y = np.meshgrid(np.arange(undistorted.width) + 0.5, np.arange(undistorted.height) + 0.5)
    rays = undistorted.cam_from_img(np.stack([x.ravel(), y.ravel()], axis=1))
    pixels = distorted.img_from_cam(np.column_stack([rays, np.ones(len(rays))]))
    size = distorted.width, distorted.height
    return UndistortionMap((pixels / size).astype(np.float32).reshape(*x.shape, 2), size)


def undistort_photo(source: Path, target: Path, mapping: UndistortionMap) -> None:
    """Write the undistorted image of the original photo `source`, in the format of the name `target`.

    Gray photos stay gray. EXIF is kept if it fits into one segment; its orientation is not applied.
    """
    with Image.open(source) as image:
        original_size, is_gray = image.size, image.mode == "L"
        exif = image.info.get("exif", b"")
        info = {"exif": exif} if 0 < len(exif) <= _MAX_EXIF_BYTES else {}
        image.draft(None, mapping.size)  # JPEG: decode at a half, quarter or eighth
        scale = round(original_size[0] / image.width)
        rgb = image.convert("RGB")
    factor = min(rgb.width // mapping.size[0], rgb.height // mapping.size[1])
    if factor > 1:  # exact averages of whole pixels
        rgb, scale = rgb.reduce(factor), scale * factor
    in_pixels = original_size[0] / scale, original_size[1] / scale
    samples = math.ceil(in_pixels[0] / mapping.size[0] - 1e-3)
    resampled = resample(packed(rgb), mapping.positions, in_pixels, samples)
    undistorted = Image.fromarray(np.ascontiguousarray(resampled[..., 0]) if is_gray else resampled)
    undistorted.save(target, quality=_JPEG_QUALITY, subsampling=0, **info)
