"""Undistortion of one photo: from the original to the undistorted image in one resampling."""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pycolmap
from PIL import Image

_JPEG_QUALITY = 97
_MAX_EXIF_BYTES = 65_533
"""Of one segment of a JPEG; some cameras write more, in several."""
_ROWS_PER_BLOCK = 32  # bounds the memory of intermediate values


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
    positions = mapping.positions * np.divide(original_size, scale, dtype=np.float32)
    samples = math.ceil(original_size[0] / scale / mapping.size[0] - 1e-3)
    resampled = _resample(rgb, positions, samples)
    undistorted = Image.fromarray(np.ascontiguousarray(resampled[..., 0]) if is_gray else resampled)
    undistorted.save(target, quality=_JPEG_QUALITY, subsampling=0, **info)


def _resample(image: Image.Image, positions: np.ndarray, samples: int) -> np.ndarray:
    """Values of `image` at `positions` [H, W, 2] in its pixels, uint8 [H, W, 3].

    Each is the mean of `samples` x `samples` bilinear samples, spread over what the pixel covers of `image`.
    """
    packed = np.asarray(image.convert("RGBX")).view(np.uint32)[..., 0]  # one value to gather for each pixel
    down, right = np.gradient(positions, axis=(0, 1))
    offsets = (np.arange(samples, dtype=np.float32) + 0.5) / samples - 0.5
    result = np.empty((*positions.shape[:2], 3), np.uint8)
    for start in range(0, len(result), _ROWS_PER_BLOCK):
        rows = slice(start, start + _ROWS_PER_BLOCK)
        total = np.full((*positions[rows].shape[:2], 4), 0.5 * samples**2, np.float32)  # rounds the mean
        for below in offsets:
            for beside in offsets:
                total += _bilinear(packed, positions[rows] + below * down[rows] + beside * right[rows])
        result[rows] = total[..., :3] / samples**2
    return result


def _bilinear(packed: np.ndarray, positions: np.ndarray) -> np.ndarray:
    """RGBX float32 [..., 4] of a packed image [H, W] at positions [..., 2]; the border continues outside."""
    height, width = packed.shape
    shifted = positions - np.float32(0.5)  # pixel centres are at .5
    corner = np.floor(shifted)
    weights = shifted - corner
    left, top = corner[..., 0].astype(np.int32), corner[..., 1].astype(np.int32)
    columns = [np.clip(left + step, 0, width - 1) for step in (0, 1)]
    rows = [np.clip(top + step, 0, height - 1) * np.int32(width) for step in (0, 1)]

    def values(row: np.ndarray, column: np.ndarray) -> np.ndarray:
        return packed.take(row + column)[..., None].view(np.uint8).astype(np.float32)

    upper, lower = (
        _interpolate(values(row, columns[0]), values(row, columns[1]), weights[..., :1]) for row in rows
    )
    return _interpolate(upper, lower, weights[..., 1:])


def _interpolate(first: np.ndarray, second: np.ndarray, weight: np.ndarray) -> np.ndarray:
    """Linear interpolation; overwrites both arrays, which saves half of the time."""
    second -= first
    second *= weight
    first += second
    return first
