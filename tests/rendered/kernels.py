"""The ray caster: rectangles of the demo's table of shapes, a terrain, and textures with mip levels."""

from __future__ import annotations

import math

import numba

from demo_capture.shapes import PLANE
from demo_capture.trace import FAST_MATH, nearest, texture_coordinates

_MISS = math.inf
_CLOSE_M, _SECANTS = 0.5, 4
_STEEPEST = 0.15
"""A surface seen under a flatter angle has its mip level chosen as if at this cosine."""


@numba.njit(cache=True, fastmath=FAST_MATH, error_model="numpy")
def height_at(heights, x, y):  # type: ignore[no-untyped-def]
    """Bilinear height at a place in cells; beyond the grid that of its border."""
    rows, columns = heights.shape
    x, y = min(max(x, 0.0), columns - 1.001), min(max(y, 0.0), rows - 1.001)
    column, row = int(x), int(y)
    right, upper = x - column, y - row
    south = heights[row, column] * (1.0 - right) + heights[row, column + 1] * right
    north = heights[row + 1, column] * (1.0 - right) + heights[row + 1, column + 1] * right
    return south * (1.0 - upper) + north * upper


@numba.njit(cache=True, fastmath=FAST_MATH, error_model="numpy")
def hit_terrain(heights, ground, ox, oy, oz, dx, dy, dz):  # type: ignore[no-untyped-def]
    """Distance to the terrain; ground: west, south, cell, lowest, highest, steepest slope.

    Steps are as long as the steepest slope allows, then those of a secant. Rays that do not fall miss.
    """
    if dz > -1e-3:
        return _MISS
    cell = ground[2]
    x, y, x_step, y_step = (ox - ground[0]) / cell, (oy - ground[1]) / cell, dx / cell, dy / cell
    closing = ground[5] * math.sqrt(dx * dx + dy * dy) - dz
    t, end = max(0.0, (ground[4] - oz) / dz), (ground[3] - oz) / dz
    above = oz + t * dz - height_at(heights, x + t * x_step, y + t * y_step)
    while above > _CLOSE_M:
        t += above / closing
        if t > end:
            return _MISS
        above = oz + t * dz - height_at(heights, x + t * x_step, y + t * y_step)
    before, above_before = t, above
    t += above / closing
    for _ in range(_SECANTS):
        above = oz + t * dz - height_at(heights, x + t * x_step, y + t * y_step)
        change = above_before - above
        if abs(change) < 1e-9:
            break
        before, above_before, t = t, above, t + above * (t - before) / change
    return t


@numba.njit(cache=True, fastmath=FAST_MATH, error_model="numpy")
def _bilinear(texels, start, width, height, u, v):  # type: ignore[no-untyped-def]
    x = min(max(u * width - 0.5, 0.0), width - 1.0)
    y = min(max(v * height - 0.5, 0.0), height - 1.0)
    left, top = int(x), int(y)
    right, lower = min(left + 1, width - 1), min(top + 1, height - 1)
    wx, wy = x - left, y - top
    a, b = start + top * width + left, start + top * width + right
    c, d = start + lower * width + left, start + lower * width + right
    wa, wb, wc, wd = (1.0 - wy) * (1.0 - wx), (1.0 - wy) * wx, wy * (1.0 - wx), wy * wx
    return (
        wa * texels[a, 0] + wb * texels[b, 0] + wc * texels[c, 0] + wd * texels[d, 0],
        wa * texels[a, 1] + wb * texels[b, 1] + wc * texels[c, 1] + wd * texels[d, 1],
        wa * texels[a, 2] + wb * texels[b, 2] + wc * texels[c, 2] + wd * texels[d, 2],
    )


@numba.njit(cache=True, fastmath=FAST_MATH, error_model="numpy")
def _trilinear(texels, levels, first, count, u, v, texels_apart):  # type: ignore[no-untyped-def]
    """A texture's colour between the two mip levels whose texels are as far apart as the rays."""
    lod = min(max(math.log2(max(texels_apart, 1e-6)), 0.0), count - 1.0)
    fine = min(int(lod), count - 1)
    level = first + fine
    r, g, b = _bilinear(texels, levels[level, 0], levels[level, 1], levels[level, 2], u, v)
    weight = lod - fine
    if weight < 0.02 or fine + 1 >= count:
        return r, g, b
    level += 1
    s, t, c = _bilinear(texels, levels[level, 0], levels[level, 1], levels[level, 2], u, v)
    return r + weight * (s - r), g + weight * (t - g), b + weight * (c - b)


@numba.njit(cache=True, fastmath=FAST_MATH, error_model="numpy")
def _color(shapes, ground, textures, ox, oy, oz, dx, dy, dz, angle):  # type: ignore[no-untyped-def]
    """sRGB in 0..255 of what a unit ray meets first; the sky's where it meets nothing."""
    kinds, table, bounds, starts = shapes
    heights, place = ground
    texels, levels, first, per_m = textures
    t, i = nearest(kinds, table, bounds, starts, ox, oy, oz, dx, dy, dz)
    if heights.shape[0] > 1:
        below = hit_terrain(heights, place, ox, oy, oz, dx, dy, dz)
        if below < t:
            u = (ox + below * dx - place[0]) / ((heights.shape[1] - 1) * place[2])
            v = 1.0 - (oy + below * dy - place[1]) / ((heights.shape[0] - 1) * place[2])
            last = len(first) - 2
            apart = below * angle * per_m[last]
            return _trilinear(texels, levels, first[last], first[last + 1] - first[last], u, v, apart)
    if i < 0:
        return 150.0 + 60.0 * dz, 185.0 + 30.0 * dz, 225.0
    u, v = texture_coordinates(PLANE, table, i, ox + t * dx, oy + t * dy, oz + t * dz)
    facing = abs(table[i, 0] * dx + table[i, 1] * dy + table[i, 2] * dz)
    apart = t * angle * per_m[i] / math.sqrt(max(facing, _STEEPEST))
    return _trilinear(texels, levels, first[i], first[i + 1] - first[i], u, v, apart)


@numba.njit(cache=True, parallel=True, fastmath=FAST_MATH, error_model="numpy")
def render_rays(shapes, ground, textures, center, rotation, directions, angles, image):  # type: ignore[no-untyped-def]
    """Four rays a pixel, directions [2H, 2W, 3] turned by `rotation` [3, 3]; black without a direction."""
    height, width, _ = image.shape
    for row in numba.prange(height):
        for column in range(width):
            red, green, blue = 0.0, 0.0, 0.0
            for sample in range(4):
                x, y, z = directions[2 * row + sample // 2, 2 * column + sample % 2]
                if math.isnan(x):
                    continue
                dx = rotation[0, 0] * x + rotation[0, 1] * y + rotation[0, 2] * z
                dy = rotation[1, 0] * x + rotation[1, 1] * y + rotation[1, 2] * z
                dz = rotation[2, 0] * x + rotation[2, 1] * y + rotation[2, 2] * z
                r, g, b = _color(
                    shapes, ground, textures, center[0], center[1], center[2], dx, dy, dz, angles[row, column]
                )
                red, green, blue = red + r, green + g, blue + b
            image[row, column, 0] = int(0.25 * red + 0.5)
            image[row, column, 1] = int(0.25 * green + 0.5)
            image[row, column, 2] = int(0.25 * blue + 0.5)
