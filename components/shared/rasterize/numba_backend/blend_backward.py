"""Gradients of the rendered image -> gradients to each Gaussian's ellipse in each tile.

Walks front to back like `blend` and repeats its arithmetic, so that nothing per pixel is stored. The colour
behind a Gaussian in a pixel is the finished pixel's minus what was composited so far.
"""

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
    TWO,
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
def blend_backward(
    splats2d: np.ndarray,
    radii: np.ndarray,
    tile_starts: np.ndarray,
    splat_ids: np.ndarray,
    slots: np.ndarray,
    image: np.ndarray,
    transmittance: np.ndarray,
    v_image: np.ndarray,
    v_alpha: np.ndarray,
    slot_gradients: np.ndarray,
    start: int,
    stop: int,
) -> None:
    """Fill the rows of slot_gradients [M, GRADIENT_COLUMNS] that belong to tiles start:stop.

    image [H, W, 3] and transmittance [H, W] are those of `blend`; v_image and v_alpha (alpha is
    1 - transmittance) their gradients.
    """
    tiles_x = (transmittance.shape[1] + TILE - 1) // TILE
    tile = np.empty(PLANES * PIXELS, np.float32)
    for t in range(start, stop):
        left, top = t % tiles_x * TILE, t // tiles_x * TILE
        set_pixel_centers(tile, left, top)
        _load_tile(tile, left, top, image, transmittance, v_image, v_alpha)
        ended = False
        for at in range(tile_starts[t], tile_starts[t + 1]):
            if (at - tile_starts[t]) % CHECK_EVERY == 0:
                ended = ended or has_ended(tile)
            if ended:
                slot_gradients[slots[at]] = ZERO
                continue
            i = splat_ids[at]
            first_row, last_row = pixel_rows(splats2d, i, left, top, float(radii[i]))
            _composite_backward(
                splats2d[i], first_row * TILE, last_row * TILE, tile, slot_gradients[slots[at]]
            )


@njit(cache=True, error_model="numpy")
def _load_tile(
    tile: np.ndarray,
    left: int,
    top: int,
    image: np.ndarray,
    transmittance: np.ndarray,
    v_image: np.ndarray,
    v_alpha: np.ndarray,
) -> None:
    """Fill the planes of a tile before its first Gaussian; pixels outside of the image have ended."""
    height, width = transmittance.shape
    tile[PLANE_TRANSMITTANCE:] = ZERO
    for y in range(top, min(top + TILE, height)):
        for x in range(left, min(left + TILE, width)):
            pixel = np.uint64((y - top) * TILE + x - left)
            tile[PLANE_TRANSMITTANCE + pixel] = ONE
            behind = -transmittance[y, x] * v_alpha[y, x]
            for channel in range(3):
                behind += image[y, x, channel] * v_image[y, x, channel]
                tile[PLANE_RED + np.uint64(channel * PIXELS) + pixel] = v_image[y, x, channel]
            tile[PLANE_BEHIND + pixel] = behind


@njit(cache=True, error_model="numpy", fastmath=FASTMATH)
def _composite_backward(splat: np.ndarray, first: int, last: int, tile: np.ndarray, v: np.ndarray) -> None:
    """Fill v [GRADIENT_COLUMNS] from the pixels first:last. No branches: this loop is SIMD."""
    cx, cy, opacity = splat[X], splat[Y], splat[OPACITY]
    a, b, c = HALF * splat[A], splat[B], HALF * splat[C]
    red, green, blue = splat[RED], splat[GREEN], splat[BLUE]
    v_red = v_green = v_blue = ZERO
    # Moments of the gradient g to -sigma; all other gradients follow from them.
    g_sum = g_x = g_y = g_xx = g_xy = g_yy = ZERO
    for p in range(np.uint64(first), np.uint64(last)):
        dx, dy = tile[PLANE_X + p] - cx, tile[PLANE_Y + p] - cy
        sigma = a * dx * dx + c * dy * dy + b * dx * dy
        unclamped = opacity * exp_negative(min(sigma, EXP_LIMIT))
        alpha = min(F_ALPHA_MAX, unclamped)
        before = tile[PLANE_TRANSMITTANCE + p]
        weight = alpha * before if (sigma >= ZERO) & (alpha >= F_ALPHA_MIN) & (before > ZERO) else ZERO
        after = before - weight
        ends = (weight > ZERO) & (after <= F_TRANSMITTANCE_MIN)
        tile[PLANE_TRANSMITTANCE + p] = -before if ends else after
        weight = ZERO if ends else weight

        v_r, v_g, v_b = tile[PLANE_RED + p], tile[PLANE_GREEN + p], tile[PLANE_BLUE + p]
        color = red * v_r + green * v_g + blue * v_b
        behind = tile[PLANE_BEHIND + p] - weight * color
        tile[PLANE_BEHIND + p] = behind
        v_red += weight * v_r
        v_green += weight * v_g
        v_blue += weight * v_b
        g = unclamped * (before * color - behind / (ONE - alpha))
        g = g if (weight > ZERO) & (unclamped <= F_ALPHA_MAX) else ZERO
        g_x_here, g_y_here = g * dx, g * dy
        g_sum += g
        g_x += g_x_here
        g_y += g_y_here
        g_xx += g_x_here * dx
        g_xy += g_x_here * dy
        g_yy += g_y_here * dy
    v[X], v[Y] = TWO * a * g_x + b * g_y, TWO * c * g_y + b * g_x
    v[A], v[B], v[C] = -HALF * g_xx, -g_xy, -HALF * g_yy
    v[OPACITY] = g_sum / opacity
    v[RED], v[GREEN], v[BLUE] = v_red, v_green, v_blue
