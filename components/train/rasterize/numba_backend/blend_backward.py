"""Gradients of the picture -> gradients to each Gaussian's ellipse in each tile.

Walks front to back like `blend` and repeats its arithmetic, so nothing per pixel needs to be kept. What lies
behind a Gaussian in a pixel is what the finished pixel holds minus what was drawn so far.
"""

from __future__ import annotations

import numpy as np
from numba import njit

from components.train.rasterize.numba_backend.blend import (
    CHECK_EVERY,
    EXP_LIMIT,
    F0,
    F1,
    F_ALPHA_MAX,
    F_ALPHA_MIN,
    F_TRANSMITTANCE_MIN,
    FASTMATH,
    HALF,
    PIXELS,
    all_ended,
    exp_negative,
    pixel_rows,
    set_pixel_centers,
)
from components.train.rasterize.numba_backend.layout import (
    BLUE,
    GREEN,
    OPACITY,
    RED,
    TILE,
    A,
    B,
    C,
    X,
    Y,
)


@njit(cache=True, nogil=True, fastmath=FASTMATH)
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
    height, width = transmittance.shape
    tiles_x = (width + TILE - 1) // TILE
    # Planes: x, y, transmittance (as in `blend`), what lies behind times gradient, gradients to r, g, b.
    tile = np.empty(7 * PIXELS, np.float32)
    for t in range(start, stop):
        left, top = t % tiles_x * TILE, t // tiles_x * TILE
        set_pixel_centers(tile, left, top)
        tile[2 * PIXELS :] = F0
        for y in range(top, min(top + TILE, height)):
            for x in range(left, min(left + TILE, width)):
                pixel = (y - top) * TILE + x - left
                tile[2 * PIXELS + pixel] = F1
                behind = -transmittance[y, x] * v_alpha[y, x]
                for channel in range(3):
                    behind += image[y, x, channel] * v_image[y, x, channel]
                    tile[(4 + channel) * PIXELS + pixel] = v_image[y, x, channel]
                tile[3 * PIXELS + pixel] = behind
        _blend_tile_backward(
            splats2d,
            radii,
            splat_ids,
            slots,
            tile_starts[t],
            tile_starts[t + 1],
            left,
            top,
            tile,
            slot_gradients,
        )


@njit(cache=True, fastmath=FASTMATH)
def _blend_tile_backward(
    splats2d: np.ndarray,
    radii: np.ndarray,
    splat_ids: np.ndarray,
    slots: np.ndarray,
    first: int,
    last: int,
    left: int,
    top: int,
    tile: np.ndarray,
    slot_gradients: np.ndarray,
) -> None:
    for at in range(first, last):
        if (at - first) % CHECK_EVERY == 0 and all_ended(tile):
            for hidden in range(at, last):
                slot_gradients[slots[hidden]] = F0
            return
        i = splat_ids[at]
        first_row, last_row = pixel_rows(splats2d, i, left, top, float(radii[i]))
        cx, cy = splats2d[i, X], splats2d[i, Y]
        a, b, c = HALF * splats2d[i, A], splats2d[i, B], HALF * splats2d[i, C]
        opacity = splats2d[i, OPACITY]
        red, green, blue = splats2d[i, RED], splats2d[i, GREEN], splats2d[i, BLUE]
        # Sums over pixels: colours, and the moments of the gradient g to the exponent.
        v_red = v_green = v_blue = F0
        g_1 = g_x = g_y = g_xx = g_xy = g_yy = F0
        for pixel in range(first_row * TILE, last_row * TILE):
            dx, dy = tile[pixel] - cx, tile[PIXELS + pixel] - cy
            sigma = a * dx * dx + c * dy * dy + b * dx * dy
            raw_alpha = opacity * exp_negative(min(max(sigma, F0), EXP_LIMIT))
            alpha = min(F_ALPHA_MAX, raw_alpha)
            before = tile[2 * PIXELS + pixel]
            weight = alpha * before if (sigma >= F0) & (alpha >= F_ALPHA_MIN) & (before > F0) else F0
            after = before - weight
            ends = (weight > F0) & (after <= F_TRANSMITTANCE_MIN)
            tile[2 * PIXELS + pixel] = -before if ends else after
            weight = F0 if ends else weight

            v_r, v_g, v_b = tile[4 * PIXELS + pixel], tile[5 * PIXELS + pixel], tile[6 * PIXELS + pixel]
            color = red * v_r + green * v_g + blue * v_b
            behind = tile[3 * PIXELS + pixel] - weight * color
            tile[3 * PIXELS + pixel] = behind
            v_red += weight * v_r
            v_green += weight * v_g
            v_blue += weight * v_b
            g = raw_alpha * (before * color - behind / (F1 - alpha))
            g = g if (weight > F0) & (raw_alpha <= F_ALPHA_MAX) else F0
            g_1 += g
            g_x += g * dx
            g_y += g * dy
            g_xx += g * dx * dx
            g_xy += g * dx * dy
            g_yy += g * dy * dy
        v = slot_gradients[slots[at]]
        v[X] = F2 * a * g_x + b * g_y
        v[Y] = F2 * c * g_y + b * g_x
        v[A] = -HALF * g_xx
        v[B] = -g_xy
        v[C] = -HALF * g_yy
        v[OPACITY] = g_1 / opacity
        v[RED], v[GREEN], v[BLUE] = v_red, v_green, v_blue


F2 = np.float32(2.0)
