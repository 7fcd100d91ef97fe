"""The ray caster: numba kernels over a table of shapes (see `shapes.py`), grouped for culling."""

from __future__ import annotations

import math

import numba
import numpy as np

from demo_capture.shapes import DISC, FRUSTUM, PLANE, SPHERE

_MISS = math.inf
_NEAR = 1e-6


@numba.njit(cache=True)
def _hit_plane(kind, row, ox, oy, oz, dx, dy, dz):  # type: ignore[no-untyped-def]
    facing = row[0] * dx + row[1] * dy + row[2] * dz
    if facing == 0.0:
        return _MISS
    t = (row[3] - row[0] * ox - row[1] * oy - row[2] * oz) / facing
    x, y, z = ox + t * dx, oy + t * dy, oz + t * dz
    u = row[4] * x + row[5] * y + row[6] * z - row[7]
    v = row[8] * x + row[9] * y + row[10] * z - row[11]
    if t < _NEAR or u < 0.0 or u > 1.0 or v < 0.0 or v > 1.0:
        return _MISS
    if kind == DISC:
        return t if (u - 0.5) ** 2 + (v - 0.5) ** 2 <= 0.25 else _MISS
    return t if abs(u - 0.5) * 2.0 * row[12] <= v else _MISS


@numba.njit(cache=True)
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


@numba.njit(cache=True)
def _hit_frustum(row, ox, oy, oz, dx, dy, dz):  # type: ignore[no-untyped-def]
    x, y, z = ox - row[0], oy - row[1], oz - row[2]
    height = row[3]
    widening = (row[5] - row[4]) / height
    radius, growth = row[4] + widening * y, widening * dy
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


@numba.njit(cache=True)
def nearest(kinds, table, bounds, starts, ox, oy, oz, dx, dy, dz):  # type: ignore[no-untyped-def]
    """Distance (in lengths of the direction) and index of the first surface on a ray; -1 for none.

    bounds [G, 4] are the spheres around the groups, starts [G + 1] their first shapes.
    """
    best, index = _MISS, -1
    for group in range(len(bounds)):
        sphere = bounds[group]
        if _hit_sphere(sphere[0], sphere[1], sphere[2], sphere[3], ox, oy, oz, dx, dy, dz) == _MISS:
            continue
        for i in range(starts[group], starts[group + 1]):
            row = table[i]
            if kinds[i] == SPHERE:
                t = _hit_sphere(row[0], row[1], row[2], row[3], ox, oy, oz, dx, dy, dz)
            elif kinds[i] == FRUSTUM:
                t = _hit_frustum(row, ox, oy, oz, dx, dy, dz)
            else:
                t = _hit_plane(kinds[i], row, ox, oy, oz, dx, dy, dz)
            if t < best:
                best, index = t, i
    return best, index


@numba.njit(cache=True)
def texture_coordinates(kind, row, x, y, z):  # type: ignore[no-untyped-def]
    """u and v in [0, 1] of a point on a shape: the inverse of `Shape.frame`."""
    if kind == PLANE or kind == DISC:
        u = row[4] * x + row[5] * y + row[6] * z - row[7]
        return u, row[8] * x + row[9] * y + row[10] * z - row[11]
    u = 0.5 + math.atan2(x - row[0], row[2] - z) / (2.0 * math.pi)
    if kind == SPHERE:
        return u, math.acos(min(1.0, max(-1.0, (row[1] - y) / row[3]))) / math.pi
    return u, (y - row[1]) / row[3]


@numba.njit(cache=True, parallel=True)
def cast(kinds, table, bounds, starts, origins, directions):  # type: ignore[no-untyped-def]
    """Cast N rays: distances [N] (inf where nothing is hit) and indices of shapes [N] (-1)."""
    distances = np.empty(len(origins))
    indices = np.empty(len(origins), np.int64)
    for i in numba.prange(len(origins)):
        o, d = origins[i], directions[i]
        distances[i], indices[i] = nearest(kinds, table, bounds, starts, o[0], o[1], o[2], d[0], d[1], d[2])
    return distances, indices
