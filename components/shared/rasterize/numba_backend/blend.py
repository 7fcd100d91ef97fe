"""Composites the Gaussians of each tile, front to back."""

from __future__ import annotations

import numpy as np
from numba import njit

from components.shared.rasterize.numba_backend.float32 import (
    EXP_LIMIT,
    F_ALPHA_MAX,
    F_ALPHA_MIN,
    F_TRANSMITTANCE_MIN,
    FASTMATH,
    HALF,
    ONE,
    ZERO,
    exp_negative,
)
from components.shared.rasterize.numba_backend.layout import BLUE, GREEN, OPACITY, RED, TILE, A, B, C, X, Y
from components.shared.rasterize.numba_backend.tile import (
    CHECK_EVERY,
    PIXELS,
    PLANE_BEHIND,
    PLANE_BLUE,
    PLANE_GREEN,
    PLANE_RED,
    PLANE_TRANSMITTANCE,
    PLANE_X,
    PLANE_Y,
    PLANES,
    has_ended,
    pixel_rows,
    set_pixel_centers,
)


@njit(cache=True, error_model="numpy", nogil=True)
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
    """Render tiles start:stop into image [H, W, 3] and transmittance [H, W], both float32."""
    tiles_x = (transmittance.shape[1] + TILE - 1) // TILE
    tile = np.empty(PLANES * PIXELS, np.float32)
    for t in range(start, stop):
        left, top = t % tiles_x * TILE, t // tiles_x * TILE
        set_pixel_centers(tile, left, top)
        tile[PLANE_TRANSMITTANCE:PLANE_RED] = ONE
        tile[PLANE_RED:PLANE_BEHIND] = ZERO
        for at in range(tile_starts[t], tile_starts[t + 1]):
            if (at - tile_starts[t]) % CHECK_EVERY == 0 and has_ended(tile):
                break
            i = splat_ids[at]
            first_row, last_row = pixel_rows(splats2d, i, left, top, float(radii[i]))
            _composite(splats2d[i], first_row * TILE, last_row * TILE, tile)
        _write_tile(tile, left, top, background, image, transmittance)


@njit(cache=True, error_model="numpy", fastmath=FASTMATH)
def _composite(splat: np.ndarray, first: int, last: int, tile: np.ndarray) -> None:
    """Composite a row of splats2d over the pixels first:last. No branches: this loop is SIMD."""
    cx, cy, opacity = splat[X], splat[Y], splat[OPACITY]
    a, b, c = HALF * splat[A], splat[B], HALF * splat[C]
    red, green, blue = splat[RED], splat[GREEN], splat[BLUE]
    for p in range(np.uint64(first), np.uint64(last)):
        dx, dy = tile[PLANE_X + p] - cx, tile[PLANE_Y + p] - cy
        sigma = a * dx * dx + c * dy * dy + b * dx * dy
        alpha = min(F_ALPHA_MAX, opacity * exp_negative(min(sigma, EXP_LIMIT)))
        before = tile[PLANE_TRANSMITTANCE + p]
        weight = alpha * before if (sigma >= ZERO) & (alpha >= F_ALPHA_MIN) & (before > ZERO) else ZERO
        after = before - weight
        ends = (weight > ZERO) & (after <= F_TRANSMITTANCE_MIN)
        tile[PLANE_TRANSMITTANCE + p] = -before if ends else after
        weight = ZERO if ends else weight
        tile[PLANE_RED + p] += weight * red
        tile[PLANE_GREEN + p] += weight * green
        tile[PLANE_BLUE + p] += weight * blue


@njit(cache=True, error_model="numpy")
def _write_tile(
    tile: np.ndarray,
    left: int,
    top: int,
    background: np.ndarray,
    image: np.ndarray,
    transmittance: np.ndarray,
) -> None:
    """Composite the tile over the background, into its place in the image."""
    height, width = transmittance.shape
    for y in range(top, min(top + TILE, height)):
        for x in range(left, min(left + TILE, width)):
            pixel = np.uint64((y - top) * TILE + x - left)
            remaining = abs(tile[PLANE_TRANSMITTANCE + pixel])
            transmittance[y, x] = remaining
            for channel in range(3):
                color = tile[PLANE_RED + np.uint64(channel * PIXELS) + pixel]
                image[y, x, channel] = color + remaining * background[channel]
