"""Photos of a lit scene: a pinhole camera, box-filtered over a grid of rays in each pixel."""

from __future__ import annotations

import math

import numba
import numpy as np

from components.shared.scene import Camera
from demo_capture.light import LitScene
from demo_capture.shapes import SPHERE
from demo_capture.trace import nearest, texture_coordinates

_RAYS_PER_SIDE = 3


def render(scene: LitScene, camera: Camera) -> np.ndarray:
    """The photo a camera takes, uint8 [H, W, 3] sRGB. A ray that leaves the scene is black."""
    image = np.empty((camera.height, camera.width, 3), np.uint8)
    directions = camera.viewmat[:3, :3].T @ np.linalg.inv(camera.K)
    _render(*scene.geometry.arrays, scene.texels, scene.layout, camera.center, directions, image)
    return image


@numba.njit(cache=True)
def _add_texel(texels, layout, wraps, u, v, color):  # type: ignore[no-untyped-def]
    """Add the bilinear sample of a texture to `color`."""
    start, width, height = layout
    x, y = u * width - 0.5, v * height - 0.5
    left, top = math.floor(x), math.floor(y)
    for row, weight_y in ((top, 1.0 - y + top), (top + 1, y - top)):
        line = start + min(max(row, 0), height - 1) * width
        for column, weight_x in ((left, 1.0 - x + left), (left + 1, x - left)):
            inside = column % width if wraps else min(max(column, 0), width - 1)
            for channel in range(3):
                color[channel] += weight_x * weight_y * texels[line + inside, channel]


@numba.njit(cache=True, parallel=True)
def _render(kinds, table, bounds, starts, texels, layout, center, directions, image):  # type: ignore[no-untyped-def]
    """directions [3, 3] turns homogeneous pixels into rays in the world."""
    height, width, _ = image.shape
    cx, cy, cz = center
    for row in numba.prange(height):
        for column in range(width):
            color = np.zeros(3)
            for ray in range(_RAYS_PER_SIDE * _RAYS_PER_SIDE):
                x = column + (ray % _RAYS_PER_SIDE + 0.5) / _RAYS_PER_SIDE
                y = row + (ray // _RAYS_PER_SIDE + 0.5) / _RAYS_PER_SIDE
                dx = directions[0, 0] * x + directions[0, 1] * y + directions[0, 2]
                dy = directions[1, 0] * x + directions[1, 1] * y + directions[1, 2]
                dz = directions[2, 0] * x + directions[2, 1] * y + directions[2, 2]
                t, i = nearest(kinds, table, bounds, starts, cx, cy, cz, dx, dy, dz)
                if i >= 0:
                    u, v = texture_coordinates(kinds[i], table[i], cx + t * dx, cy + t * dy, cz + t * dz)
                    _add_texel(texels, layout[i], kinds[i] >= SPHERE, u, v, color)
            for channel in range(3):
                image[row, column, channel] = int(color[channel] / (_RAYS_PER_SIDE * _RAYS_PER_SIDE) + 0.5)
