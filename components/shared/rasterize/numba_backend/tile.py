"""The scratch array of one tile: planes of 256 float32, a value per pixel, one after the other.

One array with constant distances between its planes proves to the compiler that they do not overlap. The
distances are unsigned, because a signed index is first checked for being negative, which keeps loops scalar;
a pixel must be made unsigned before it is added, for the sum of int64 and uint64 is a float in numba.
"""

from __future__ import annotations

import math

import numpy as np
from numba import njit

from components.shared.rasterize.numba_backend.ellipse import span
from components.shared.rasterize.numba_backend.float32 import ZERO
from components.shared.rasterize.numba_backend.layout import REACH, TILE, A, B, C, X, Y

PIXELS = TILE * TILE

PLANE_X, PLANE_Y = np.uint64(0), np.uint64(PIXELS)
"""Pixel centres, px."""

PLANE_TRANSMITTANCE = np.uint64(2 * PIXELS)
"""Transmittance so far; negative once the pixel has ended."""

PLANE_RED, PLANE_GREEN, PLANE_BLUE = np.uint64(3 * PIXELS), np.uint64(4 * PIXELS), np.uint64(5 * PIXELS)
"""Colour so far; in the backward pass the gradient to the finished colour."""

PLANE_BEHIND = np.uint64(6 * PIXELS)
"""Backward pass: the colour still to be composited, times the gradient to the finished colour."""

PLANES = 7
CHECK_EVERY = 16
"""Gaussians between two checks of whether every pixel of the tile has ended."""


@njit(cache=True, error_model="numpy")
def set_pixel_centers(tile: np.ndarray, left: int, top: int) -> None:
    """Fill PLANE_X and PLANE_Y for the tile whose corner is at (left, top) px."""
    for pixel in range(PIXELS):
        tile[PLANE_X + np.uint64(pixel)] = left + pixel % TILE + 0.5
        tile[PLANE_Y + np.uint64(pixel)] = top + pixel // TILE + 0.5


@njit(cache=True, error_model="numpy")
def has_ended(tile: np.ndarray) -> bool:
    """Whether every pixel of the tile has ended."""
    alive = 0
    for pixel in range(PLANE_TRANSMITTANCE, PLANE_RED):
        alive += tile[pixel] > ZERO
    return alive == 0


@njit(cache=True, error_model="numpy")
def pixel_rows(splats2d: np.ndarray, i: int, left: int, top: int, radius: float) -> tuple[int, int]:
    """First row and end of the rows of the tile at (left, top) px that ellipse i reaches."""
    a, b, c = float(splats2d[i, A]), float(splats2d[i, B]), float(splats2d[i, C])
    low = left + 0.5 - float(splats2d[i, X])
    up, down = span(c, b, a, float(splats2d[i, REACH]), low, low + TILE - 1, radius)
    if up > down:
        return 0, 0
    y = float(splats2d[i, Y]) - top
    return max(math.ceil(y + up - 0.5), 0), min(math.floor(y + down - 0.5) + 1, TILE)
