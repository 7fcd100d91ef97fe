"""Draws each tile's Gaussians over one another, front to back.

The pixels of a tile lie in one flat scratch array, so that the inner loop over rows of the tile is one
branchless run over contiguous floats that the compiler turns into SIMD.
"""

from __future__ import annotations

import math

import numpy as np
from numba import njit

from components.train.rasterize.conventions import ALPHA_MAX, ALPHA_MIN, TRANSMITTANCE_MIN
from components.train.rasterize.numba_backend.ellipse import span
from components.train.rasterize.numba_backend.layout import (
    BLUE,
    GREEN,
    OPACITY,
    REACH,
    RED,
    TILE,
    A,
    B,
    C,
    X,
    Y,
)

PIXELS = TILE * TILE
CHECK_EVERY = 16
"""Gaussians between two looks at whether every pixel of the tile has ended."""

FASTMATH = {"reassoc", "contract", "nsz", "arcp"}
"""What lets sums over pixels run in SIMD; NaN stays NaN."""

# Module constants would be float64 and drag the kernels with them.
F_ALPHA_MAX = np.float32(ALPHA_MAX)
F_ALPHA_MIN = np.float32(ALPHA_MIN)
F_TRANSMITTANCE_MIN = np.float32(TRANSMITTANCE_MIN)
F0 = np.float32(0.0)
F1 = np.float32(1.0)
HALF = np.float32(0.5)

EXP_LIMIT = np.float32(5.6)
"""Beyond, alpha is below ALPHA_MIN for any opacity."""

# Polynomial of exp(-s / 8) on [0, EXP_LIMIT], least greatest relative error.
_E0 = np.float32(9.9999999800e-01)
_E1 = np.float32(-1.2499996788e-01)
_E2 = np.float32(7.8124133023e-03)
_E3 = np.float32(-3.2543137489e-04)
_E4 = np.float32(1.0127817282e-05)
_E5 = np.float32(-2.4260488253e-07)
_E6 = np.float32(3.7192858178e-09)


@njit(cache=True, fastmath=FASTMATH)
def exp_negative(s: float) -> float:
    """exp(-s) for s in [0, EXP_LIMIT], float32, relative error below 2e-6. Unlike libm's, it vectorises."""
    eighth = _E0 + s * (_E1 + s * (_E2 + s * (_E3 + s * (_E4 + s * (_E5 + s * _E6)))))
    quarter = eighth * eighth
    half = quarter * quarter
    return half * half


@njit(cache=True)
def pixel_rows(splats2d: np.ndarray, i: int, left: int, top: int, radius: float) -> tuple[int, int]:
    """First row and end of the rows of the tile at (left, top) px that ellipse i reaches."""
    a, b, c = float(splats2d[i, A]), float(splats2d[i, B]), float(splats2d[i, C])
    low = left + 0.5 - float(splats2d[i, X])
    up, down = span(c, b, a, float(splats2d[i, REACH]), low, low + TILE - 1, radius)
    if up > down:
        return 0, 0
    y = float(splats2d[i, Y]) - top
    return max(math.ceil(y + up - 0.5), 0), min(math.floor(y + down - 0.5) + 1, TILE)


@njit(cache=True)
def set_pixel_centers(tile: np.ndarray, left: int, top: int) -> None:
    """Fill the first two planes of the scratch array with x and y of the pixel centres, px."""
    for pixel in range(PIXELS):
        tile[pixel] = left + pixel % TILE + HALF
        tile[PIXELS + pixel] = top + pixel // TILE + HALF


@njit(cache=True, nogil=True, fastmath=FASTMATH)
def blend(
    splats2d: np.ndarray,
    radii: np.ndarray,
    tile_starts: np.ndarray,
    splat_ids: np.ndarray,
    background: np.ndarray,
    image: np.ndarray,
    transmittance: np.ndarray,
    start: int,
    stop: int,
) -> None:
    """Draw tiles start:stop into image [H, W, 3] and transmittance [H, W], both float32."""
    height, width = transmittance.shape
    tiles_x = (width + TILE - 1) // TILE
    # Planes: x, y, transmittance (negative once a pixel has ended), red, green, blue.
    tile = np.empty(6 * PIXELS, np.float32)
    for t in range(start, stop):
        left, top = t % tiles_x * TILE, t // tiles_x * TILE
        set_pixel_centers(tile, left, top)
        tile[2 * PIXELS : 3 * PIXELS] = F1
        tile[3 * PIXELS :] = F0
        _blend_tile(splats2d, radii, splat_ids, tile_starts[t], tile_starts[t + 1], left, top, tile)
        for y in range(top, min(top + TILE, height)):
            for x in range(left, min(left + TILE, width)):
                pixel = (y - top) * TILE + x - left
                remaining = abs(tile[2 * PIXELS + pixel])
                transmittance[y, x] = remaining
                for channel in range(3):
                    color = tile[(3 + channel) * PIXELS + pixel]
                    image[y, x, channel] = color + remaining * background[channel]


@njit(cache=True, fastmath=FASTMATH)
def _blend_tile(
    splats2d: np.ndarray,
    radii: np.ndarray,
    splat_ids: np.ndarray,
    first: int,
    last: int,
    left: int,
    top: int,
    tile: np.ndarray,
) -> None:
    for at in range(first, last):
        if (at - first) % CHECK_EVERY == 0 and all_ended(tile):
            return
        i = splat_ids[at]
        first_row, last_row = pixel_rows(splats2d, i, left, top, float(radii[i]))
        cx, cy = splats2d[i, X], splats2d[i, Y]
        a, b, c = HALF * splats2d[i, A], splats2d[i, B], HALF * splats2d[i, C]
        opacity = splats2d[i, OPACITY]
        red, green, blue = splats2d[i, RED], splats2d[i, GREEN], splats2d[i, BLUE]
        for pixel in range(first_row * TILE, last_row * TILE):
            dx, dy = tile[pixel] - cx, tile[PIXELS + pixel] - cy
            sigma = a * dx * dx + c * dy * dy + b * dx * dy
            alpha = min(F_ALPHA_MAX, opacity * exp_negative(min(max(sigma, F0), EXP_LIMIT)))
            before = tile[2 * PIXELS + pixel]
            weight = alpha * before if (sigma >= F0) & (alpha >= F_ALPHA_MIN) & (before > F0) else F0
            after = before - weight
            ends = (weight > F0) & (after <= F_TRANSMITTANCE_MIN)
            tile[2 * PIXELS + pixel] = -before if ends else after
            weight = F0 if ends else weight
            tile[3 * PIXELS + pixel] += weight * red
            tile[4 * PIXELS + pixel] += weight * green
            tile[5 * PIXELS + pixel] += weight * blue


@njit(cache=True)
def all_ended(tile: np.ndarray) -> bool:
    """Whether the transmittance plane has no positive value left."""
    for pixel in range(2 * PIXELS, 3 * PIXELS):
        if tile[pixel] > F0:
            return False
    return True
