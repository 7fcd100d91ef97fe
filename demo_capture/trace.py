"""The ray caster: numba kernels over a table of shapes (see `shapes.py`), grouped for culling."""

from __future__ import annotations

import math

import numba
import numpy as np

from demo_capture.shapes import DISC, FRUSTUM, SPHERE

FAST_MATH = {"contract", "arcp", "nsz"}
"""LLVM's fast-math flags that keep infinities, which stand for misses."""

_MISS = math.inf
_NEAR = 1e-6


@numba.njit(cache=True, fastmath=FAST_MATH, error_model="numpy")
def _hit_plane(kind, table, i, ox, oy, oz, dx, dy, dz):  # type: ignore[no-untyped-def]
    facing = table[i, 0] * dx + table[i, 1] * dy + table[i, 2] * dz
    if facing == 0.0:
        return _MISS
    t = (table[i, 3] - table[i, 0] * ox - table[i, 1] * oy - table[i, 2] * oz) / facing
    x, y, z = ox + t * dx, oy + t * dy, oz + t * dz
    u = table[i, 4] * x + table[i, 5] * y + table[i, 6] * z - table[i, 7]
    v = table[i, 8] * x + table[i, 9] * y + table[i, 10] * z - table[i, 11]
    if t < _NEAR or u < 0.0 or u > 1.0 or v < 0.0 or v > 1.0:
        return _MISS
    if kind == DISC:
        return t if (u - 0.5) ** 2 + (v - 0.5) ** 2 <= 0.25 else _MISS
    return t if abs(u - 0.5) * 2.0 * table[i, 12] <= v else _MISS


@numba.njit(cache=True, fastmath=FAST_MATH, error_model="numpy")
def _hit_sphere(cx, cy, cz, radius, ox, oy, oz, dx, dy, dz):  # type: ignore[no-untyped-def]
    x, y, z = ox - cx, oy - cy, oz - cz
    a = dx * dx + dy * dy + dz * dz
    b = x * dx + y * dy + z * dz
    discriminant = b * b - a * (x * x + y * y + z * z - radius * radius)
    if discriminant < 0.0:
        return _MISS
    root = math.sqrt(discriminant)
    if -b - root > _NEAR * a:
        return (-b - root) / a
    return (-b + root) / a if -b + root > _NEAR * a else _MISS


@numba.njit(cache=True, fastmath=FAST_MATH, error_model="numpy")
def _hit_frustum(table, i, ox, oy, oz, dx, dy, dz):  # type: ignore[no-untyped-def]
    x, y, z = ox - table[i, 0], oy - table[i, 1], oz - table[i, 2]
    height = table[i, 3]
    widening = (table[i, 5] - table[i, 4]) / height
    radius, growth = table[i, 4] + widening * y, widening * dy
    a = dx * dx + dz * dz - growth * growth
    b = x * dx + z * dz - radius * growth
    c = x * x + z * z - radius * radius
    discriminant = b * b - a * c
    if discriminant < 0.0 or a == 0.0:
        return _MISS
    best = _MISS
    for sign in (-1.0, 1.0):
        t = (-b + sign * math.sqrt(discriminant)) / a
        at = y + t * dy
        if _NEAR < t < best and 0.0 <= at <= height:
            best = t
    return best


@numba.njit(cache=True, fastmath=FAST_MATH, error_model="numpy")
def _passes_by(bounds, i, ox, oy, oz, dx, dy, dz):  # type: ignore[no-untyped-def]
    """Whether a ray's line misses a sphere, or the sphere lies behind its origin."""
    x, y, z = bounds[i, 0] - ox, bounds[i, 1] - oy, bounds[i, 2] - oz
    a = dx * dx + dy * dy + dz * dz
    b = x * dx + y * dy + z * dz
    c = x * x + y * y + z * z - bounds[i, 3] * bounds[i, 3]
    return c > 0.0 and (b < 0.0 or b * b < a * c)


@numba.njit(cache=True, fastmath=FAST_MATH, error_model="numpy")
def nearest(kinds, table, bounds, starts, ox, oy, oz, dx, dy, dz):  # type: ignore[no-untyped-def]
    """Distance (in lengths of the direction) and index of the first surface on a ray; -1 for none.

    bounds [G, 4] are the spheres around the groups, starts [G + 1] their first shapes.
    """
    best, index = _MISS, -1
    for group in range(len(bounds)):
        if _passes_by(bounds, group, ox, oy, oz, dx, dy, dz):
            continue
        for i in range(starts[group], starts[group + 1]):
            if kinds[i] == SPHERE:
                t = _hit_sphere(table[i, 0], table[i, 1], table[i, 2], table[i, 3], ox, oy, oz, dx, dy, dz)
            elif kinds[i] == FRUSTUM:
                t = _hit_frustum(table, i, ox, oy, oz, dx, dy, dz)
            else:
                t = _hit_plane(kinds[i], table, i, ox, oy, oz, dx, dy, dz)
            if t < best:
                best, index = t, i
    return best, index


@numba.njit(cache=True, fastmath=FAST_MATH, error_model="numpy")
def texture_coordinates(kind, table, i, x, y, z):  # type: ignore[no-untyped-def]
    """u and v in [0, 1] of a point on a shape: the inverse of `Shape.frame`."""
    if kind < SPHERE:
        u = table[i, 4] * x + table[i, 5] * y + table[i, 6] * z - table[i, 7]
        return u, table[i, 8] * x + table[i, 9] * y + table[i, 10] * z - table[i, 11]
    u = 0.5 + math.atan2(x - table[i, 0], table[i, 2] - z) / (2.0 * math.pi)
    if kind == SPHERE:
        return u, math.acos(min(1.0, max(-1.0, (table[i, 1] - y) / table[i, 3]))) / math.pi
    return u, (y - table[i, 1]) / table[i, 3]


@numba.njit(cache=True, parallel=True, fastmath=FAST_MATH, error_model="numpy")
def cast(kinds, table, bounds, starts, origins, directions):  # type: ignore[no-untyped-def]
    """Cast N rays: distances [N] (inf where nothing is hit) and indices of shapes [N] (-1)."""
    distances = np.empty(len(origins))
    indices = np.empty(len(origins), np.int64)
    for i in numba.prange(len(origins)):
        distances[i], indices[i] = nearest(
            kinds,
            table,
            bounds,
            starts,
            origins[i, 0],
            origins[i, 1],
            origins[i, 2],
            directions[i, 0],
            directions[i, 1],
            directions[i, 2],
        )
    return distances, indices
