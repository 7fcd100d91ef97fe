"""Tile intersections: for each tile the Gaussians that touch it, nearest first.

Gaussians are sorted by depth once; appending them to their tiles in that order leaves every tile sorted.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numba import njit

from components.shared.rasterize.numba_backend.ellipse import span
from components.shared.rasterize.numba_backend.layout import REACH, TILE, A, B, C, X, Y


@dataclass(frozen=True, slots=True)
class TileBins:
    """M intersections of Gaussians with tiles, int32.

    Tile t (row-major) composites splat_ids[tile_starts[t]:tile_starts[t + 1]], front to back. slots [M]
    number the intersections Gaussian by Gaussian: those of i are slot_starts[i]:slot_starts[i + 1].
    """

    tile_starts: np.ndarray
    splat_ids: np.ndarray
    slots: np.ndarray
    slot_starts: np.ndarray


def bin_splats(
    splats2d: np.ndarray, depths: np.ndarray, radii: np.ndarray, width: int, height: int
) -> TileBins:
    """Intersect Gaussians with radii > 0 with the tiles of an image of that size, px."""
    tiles_x, tiles_y = -(-width // TILE), -(-height // TILE)
    tile_starts = np.zeros(tiles_x * tiles_y + 1, np.int32)
    slot_starts = np.zeros(len(radii) + 1, np.int32)
    _count(splats2d, radii, tiles_x, tiles_y, tile_starts, slot_starts)
    splat_ids = np.empty(slot_starts[-1], np.int32)
    slots = np.empty(slot_starts[-1], np.int32)
    order = depth_order(depths, radii)
    _fill_tiles(
        splats2d, radii, order, tiles_x, tiles_y, tile_starts[:-1].copy(), slot_starts, splat_ids, slots
    )
    return TileBins(tile_starts, splat_ids, slots, slot_starts)


@njit(cache=True, error_model="numpy", nogil=True)
def _count(
    splats2d: np.ndarray,
    radii: np.ndarray,
    tiles_x: int,
    tiles_y: int,
    tile_starts: np.ndarray,
    slot_starts: np.ndarray,
) -> None:
    """Turn the zeros of tile_starts and slot_starts into cumulative counts."""
    for i in range(len(radii)):
        count = 0
        if radii[i] > 0:
            first_row, last_row = _tile_rows(splats2d, radii, i, tiles_y)
            for row in range(first_row, last_row):
                first, last = _tiles_in_row(splats2d, radii, i, row, tiles_x)
                count += last - first
                for tile in range(row * tiles_x + first, row * tiles_x + last):
                    tile_starts[tile + 1] += 1
        slot_starts[i + 1] = slot_starts[i] + count
    for tile in range(1, len(tile_starts)):
        tile_starts[tile] += tile_starts[tile - 1]


@njit(cache=True, error_model="numpy", nogil=True)
def _fill_tiles(
    splats2d: np.ndarray,
    radii: np.ndarray,
    order: np.ndarray,
    tiles_x: int,
    tiles_y: int,
    ends: np.ndarray,
    slot_starts: np.ndarray,
    splat_ids: np.ndarray,
    slots: np.ndarray,
) -> None:
    """Append each Gaussian, nearest first, to its tiles; `ends` [T] are the tiles' starts, consumed."""
    for i in order:
        slot = slot_starts[i]
        first_row, last_row = _tile_rows(splats2d, radii, i, tiles_y)
        for row in range(first_row, last_row):
            first, last = _tiles_in_row(splats2d, radii, i, row, tiles_x)
            for tile in range(row * tiles_x + first, row * tiles_x + last):
                splat_ids[ends[tile]] = i
                slots[ends[tile]] = slot
                ends[tile] += 1
                slot += 1


@njit(cache=True, error_model="numpy")
def _tile_rows(splats2d: np.ndarray, radii: np.ndarray, i: int, tiles_y: int) -> tuple[int, int]:
    y, radius = float(splats2d[i, Y]), radii[i]
    return _tiles_with_centers(y - radius, y + radius, tiles_y)


@njit(cache=True, error_model="numpy")
def _tiles_in_row(splats2d: np.ndarray, radii: np.ndarray, i: int, row: int, tiles_x: int) -> tuple[int, int]:
    """First tile and end of the tiles in a row of tiles that the ellipse reaches."""
    x, y = float(splats2d[i, X]), float(splats2d[i, Y])
    a, b, c = float(splats2d[i, A]), float(splats2d[i, B]), float(splats2d[i, C])
    low = row * TILE + 0.5 - y
    left, right = span(a, b, c, float(splats2d[i, REACH]), low, low + TILE - 1, float(radii[i]))
    if left > right:
        return 0, 0
    return _tiles_with_centers(x + left, x + right, tiles_x)


@njit(cache=True, error_model="numpy")
def _tiles_with_centers(low: float, high: float, tiles: int) -> tuple[int, int]:
    """First tile and end of those with pixel centres in [low, high] px."""
    first = math.ceil((low + 0.5) / TILE) - 1
    last = math.floor((high - 0.5) / TILE) + 1
    return min(max(first, 0), tiles), max(min(last, tiles), 0)


_DIGIT_BITS = 11
_DIGITS = 1 << _DIGIT_BITS


def depth_order(depths: np.ndarray, radii: np.ndarray) -> np.ndarray:
    """Indices of the Gaussians with radii > 0, nearest first, ties by index; depths float32, positive."""
    visible = np.flatnonzero(radii).astype(np.int32)
    # Positive floats order as their bits do.
    return _radix_argsort(depths[visible].view(np.uint32), visible)


@njit(cache=True, error_model="numpy", nogil=True)
def _radix_argsort(keys: np.ndarray, values: np.ndarray) -> np.ndarray:
    """`values` in ascending order of `keys` (uint32), stable."""
    count = len(keys)
    keys_to, values_to = np.empty_like(keys), np.empty_like(values)
    starts = np.empty(_DIGITS, np.int64)
    for shift in range(0, 32, _DIGIT_BITS):
        starts[:] = 0
        for i in range(count):
            starts[(keys[i] >> shift) & (_DIGITS - 1)] += 1
        total = 0
        for digit in range(_DIGITS):
            total, starts[digit] = total + starts[digit], total
        for i in range(count):
            digit = (keys[i] >> shift) & (_DIGITS - 1)
            keys_to[starts[digit]] = keys[i]
            values_to[starts[digit]] = values[i]
            starts[digit] += 1
        keys, keys_to = keys_to, keys
        values, values_to = values_to, values
    return values
