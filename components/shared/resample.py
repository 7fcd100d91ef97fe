"""Resampling of an image at arbitrary positions, as lenses and projections need it."""

from __future__ import annotations

import numpy as np
from PIL import Image

_ROWS_PER_BLOCK = 32  # bounds the memory of intermediate values


def packed(image: Image.Image) -> np.ndarray:
    """The pixels as `resample` takes them: uint32 [H, W], one value to gather for each."""
    return np.asarray(image.convert("RGBX")).view(np.uint32)[..., 0]


def resample(
    image: np.ndarray, positions: np.ndarray, samples: int = 1, *, is_closed: bool = False
) -> np.ndarray:
    """Values of a `packed` image at `positions` [H, W, 2] float32, x and y in its pixels: uint8 [H, W, 3].

    Each is the mean of `samples` x `samples` bilinear samples, spread over what the pixel covers of `image`.
    Pixel centres are at .5. Outside, the border continues; an image that `is_closed` continues at its other
    side, as all around the horizon.
    """
    down, right = np.gradient(positions, axis=(0, 1)) if samples > 1 else (np.zeros_like(positions),) * 2
    offsets = (np.arange(samples, dtype=np.float32) + 0.5) / samples - 0.5
    result = np.empty((*positions.shape[:2], 3), np.uint8)
    for start in range(0, len(result), _ROWS_PER_BLOCK):
        rows = slice(start, start + _ROWS_PER_BLOCK)
        total = np.full((*positions[rows].shape[:2], 4), 0.5 * samples**2, np.float32)  # rounds the mean
        for below in offsets:
            for beside in offsets:
                shifted = positions[rows] + below * down[rows] + beside * right[rows]
                total += _bilinear(image, shifted, is_closed)
        result[rows] = total[..., :3] / samples**2
    return result


def _bilinear(image: np.ndarray, positions: np.ndarray, is_closed: bool) -> np.ndarray:
    """RGBX float32 [..., 4] of a packed image at positions [..., 2]."""
    height, width = image.shape
    shifted = positions - np.float32(0.5)  # pixel centres are at .5
    corner = np.floor(shifted)
    weights = shifted - corner
    left, top = corner[..., 0].astype(np.int32), corner[..., 1].astype(np.int32)
    columns = [(left + step) % width if is_closed else np.clip(left + step, 0, width - 1) for step in (0, 1)]
    rows = [np.clip(top + step, 0, height - 1) * np.int32(width) for step in (0, 1)]

    def values(row: np.ndarray, column: np.ndarray) -> np.ndarray:
        return image.take(row + column)[..., None].view(np.uint8).astype(np.float32)

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
