"""Render a lit scene with a pinhole camera, box-filtered over a grid of rays in each pixel."""

from __future__ import annotations

import numba
import numpy as np

from components.shared.scene import Camera
from demo_capture.light import LitScene
from demo_capture.shapes import SPHERE
from demo_capture.trace import FAST_MATH, nearest, texture_coordinates

_RAYS_PER_SIDE = 3


def render(scene: LitScene, camera: Camera) -> np.ndarray:
    """The rendered image, uint8 [H, W, 3] sRGB; black where a ray hits nothing."""
    image = np.empty((camera.height, camera.width, 3), np.uint8)
    directions = camera.viewmat[:3, :3].T @ np.linalg.inv(camera.K)
    _render(*scene.geometry.arrays, scene.texels, scene.layout, camera.center, directions, image)
    return image


@numba.njit(cache=True, fastmath=FAST_MATH, error_model="numpy")
def _sample(texels, layout, i, wraps, u, v):  # type: ignore[no-untyped-def]
    """The bilinear sample of the i-th texture."""
    start, width, height = layout[i, 0], layout[i, 1], layout[i, 2]
    x, y = u * width - 0.5, v * height - 0.5
    left, top = int(x + 1.0) - 1, int(y + 1.0) - 1  # rounded down: both are at least -0.5
    right_weight, lower_weight = x - left, y - top
    right, lower = left + 1, min(top + 1, height - 1)
    top = max(top, 0)
    if left < 0:
        left = width - 1 if wraps else 0
    if right >= width:
        right = 0 if wraps else width - 1
    a, b = start + top * width + left, start + top * width + right
    c, d = start + lower * width + left, start + lower * width + right
    wa, wb = (1.0 - lower_weight) * (1.0 - right_weight), (1.0 - lower_weight) * right_weight
    wc, wd = lower_weight * (1.0 - right_weight), lower_weight * right_weight
    return (
        wa * texels[a, 0] + wb * texels[b, 0] + wc * texels[c, 0] + wd * texels[d, 0],
        wa * texels[a, 1] + wb * texels[b, 1] + wc * texels[c, 1] + wd * texels[d, 1],
        wa * texels[a, 2] + wb * texels[b, 2] + wc * texels[c, 2] + wd * texels[d, 2],
    )


@numba.njit(cache=True, parallel=True, fastmath=FAST_MATH, error_model="numpy")
def _render(kinds, table, bounds, starts, texels, layout, center, directions, image):  # type: ignore[no-untyped-def]
    """directions [3, 3] turns homogeneous pixels into rays in the world."""
    height, width, _ = image.shape
    cx, cy, cz = center
    step = 1.0 / _RAYS_PER_SIDE
    for row in numba.prange(height):
        for column in range(width):
            red, green, blue = 0.0, 0.0, 0.0
            for ray_row in range(_RAYS_PER_SIDE):
                for ray_column in range(_RAYS_PER_SIDE):
                    x, y = column + (ray_column + 0.5) * step, row + (ray_row + 0.5) * step
                    dx = directions[0, 0] * x + directions[0, 1] * y + directions[0, 2]
                    dy = directions[1, 0] * x + directions[1, 1] * y + directions[1, 2]
                    dz = directions[2, 0] * x + directions[2, 1] * y + directions[2, 2]
                    t, i = nearest(kinds, table, bounds, starts, cx, cy, cz, dx, dy, dz)
                    if i >= 0:
                        u, v = texture_coordinates(kinds[i], table, i, cx + t * dx, cy + t * dy, cz + t * dz)
                        r, g, b = _sample(texels, layout, i, kinds[i] >= SPHERE, u, v)
                        red, green, blue = red + r, green + g, blue + b
            image[row, column, 0] = int(red * step * step + 0.5)
            image[row, column, 1] = int(green * step * step + 0.5)
            image[row, column, 2] = int(blue * step * step + 0.5)
