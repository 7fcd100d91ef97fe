"""The kernel of `resample`; it does not hold Python's lock."""

from __future__ import annotations

import numpy as np
from numba import njit


@njit(cache=True, nogil=True, error_model="numpy")
def fill(
    image: np.ndarray,
    positions: np.ndarray,
    scale: np.ndarray,
    offsets: np.ndarray,
    is_closed: bool,
    result: np.ndarray,
) -> None:
    """Fill `result`; offsets: of samples, in pixels of `result`."""
    samples = len(offsets)
    count = np.float32(samples * samples)
    for row in range(positions.shape[0]):
        for column in range(positions.shape[1]):
            red = green = blue = np.float32(0.5) * count  # rounds the mean
            at_x, down_x, right_x = _position(positions, scale, row, column, 0, samples)
            at_y, down_y, right_y = _position(positions, scale, row, column, 1, samples)
            for below in range(samples):  # of the array itself takes twice as long
                for beside in range(samples):
                    x = at_x + offsets[below] * down_x + offsets[beside] * right_x
                    y = at_y + offsets[below] * down_y + offsets[beside] * right_y
                    sample = _bilinear(image, x, y, is_closed)
                    red, green, blue = red + sample[0], green + sample[1], blue + sample[2]
            result[row, column, 0] = np.uint8(red / count)
            result[row, column, 1] = np.uint8(green / count)
            result[row, column, 2] = np.uint8(blue / count)


@njit(cache=True, nogil=True, error_model="numpy")
def _position(
    positions: np.ndarray, scale: np.ndarray, row: int, column: int, axis: int, samples: int
) -> tuple[np.float32, np.float32, np.float32]:
    """One coordinate of a position, and how it changes to the pixel below and beside; 0 for one sample."""
    at = positions[row, column, axis] * scale[axis]
    if samples == 1:
        return at, np.float32(0.0), np.float32(0.0)
    above, under = max(row - 1, 0), min(row + 1, positions.shape[0] - 1)
    left, right = max(column - 1, 0), min(column + 1, positions.shape[1] - 1)
    down = (positions[under, column, axis] - positions[above, column, axis]) * scale[axis]
    beside = (positions[row, right, axis] - positions[row, left, axis]) * scale[axis]
    return at, down / np.float32(max(under - above, 1)), beside / np.float32(max(right - left, 1))


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
        np.float32(np.int32(pixel & np.uint32(255))),  # processors convert signed numbers only
        np.float32(np.int32((pixel >> np.uint32(8)) & np.uint32(255))),
        np.float32(np.int32((pixel >> np.uint32(16)) & np.uint32(255))),
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
