"""The kernel of `resample`; it does not hold Python's lock."""

from __future__ import annotations

import numpy as np
from numba import njit


@njit(cache=True, nogil=True, error_model="numpy")
def fill(
    image: np.ndarray,
    positions: np.ndarray,
    down: np.ndarray,
    right: np.ndarray,
    offsets: np.ndarray,
    is_closed: bool,
    result: np.ndarray,
) -> None:
    """Fill `result`; down, right: how positions change to the pixel below and beside; offsets: of samples."""
    count = np.float32(len(offsets) * len(offsets))
    for row in range(positions.shape[0]):
        for column in range(positions.shape[1]):
            red = green = blue = np.float32(0.5) * count  # rounds the mean
            for below in offsets:
                for beside in offsets:
                    x = (
                        positions[row, column, 0]
                        + below * down[row, column, 0]
                        + beside * right[row, column, 0]
                    )
                    y = (
                        positions[row, column, 1]
                        + below * down[row, column, 1]
                        + beside * right[row, column, 1]
                    )
                    sample = _bilinear(image, x, y, is_closed)
                    red, green, blue = red + sample[0], green + sample[1], blue + sample[2]
            result[row, column, 0] = np.uint8(red / count)
            result[row, column, 1] = np.uint8(green / count)
            result[row, column, 2] = np.uint8(blue / count)


@njit(cache=True, nogil=True, error_model="numpy")
def _bilinear(
    image: np.ndarray, x: np.float32, y: np.float32, is_closed: bool
) -> tuple[np.float32, np.float32, np.float32]:
    """Red, green and blue of a packed image at a position."""
    height, width = image.shape
    x, y = x - np.float32(0.5), y - np.float32(0.5)  # pixel centres are at .5
    left, top = np.floor(x), np.floor(y)
    across, downward = x - left, y - top
    if is_closed:
        first, second = int(left) % width, (int(left) + 1) % width
    else:
        first, second = _inside(left, width), _inside(left + np.float32(1.0), width)
    upper, lower = _inside(top, height), _inside(top + np.float32(1.0), height)
    return _mix(
        _mix(_channels(image[upper, first]), _channels(image[upper, second]), across),
        _mix(_channels(image[lower, first]), _channels(image[lower, second]), across),
        downward,
    )


@njit(cache=True, nogil=True)
def _inside(index: np.float32, size: int) -> int:
    """The nearest index of an axis; 0 for what is not a number."""
    if not index > 0:
        return 0
    return size - 1 if index >= size else int(index)


@njit(cache=True, nogil=True)
def _channels(pixel: np.uint32) -> tuple[np.float32, np.float32, np.float32]:
    return (
        np.float32(pixel & np.uint32(255)),
        np.float32((pixel >> np.uint32(8)) & np.uint32(255)),
        np.float32((pixel >> np.uint32(16)) & np.uint32(255)),
    )


@njit(cache=True, nogil=True)
def _mix(
    first: tuple[np.float32, np.float32, np.float32],
    second: tuple[np.float32, np.float32, np.float32],
    weight: np.float32,
) -> tuple[np.float32, np.float32, np.float32]:
    """Linear interpolation."""
    return (
        first[0] + (second[0] - first[0]) * weight,
        first[1] + (second[1] - first[1]) * weight,
        first[2] + (second[2] - first[2]) * weight,
    )
