"""Which tiles an ellipse touches: per row of tiles, exactly the span that its outline reaches.

A bounding box would list many tiles that a slanted ellipse misses (the idea of Speedy-Splat's AccuTile).
"""

from __future__ import annotations

import torch
import triton
import triton.language as tl
from torch import Tensor

from components.train.fused.ellipse import Ellipses
from components.train.rasterize.conventions import ALPHA_MIN, EXTENT_MAX_SIGMAS

TILE_PX = 8
_TILE = tl.constexpr(TILE_PX)
_SLACK = tl.constexpr(1.001)
_ALPHA_MIN = tl.constexpr(ALPHA_MIN)
_REACH_MAX = tl.constexpr(EXTENT_MAX_SIGMAS**2)
_TINY = tl.constexpr(1e-20)
_BLOCK = 64


@triton.jit
def reach_of(alpha):
    """Squared radius in sigmas within which a Gaussian is drawn."""
    return tl.minimum(2.0 * tl.log(tl.maximum(alpha / _ALPHA_MIN, 1.0)), _REACH_MAX)


@triton.jit
def tile_rows(camera, py, a, b, c, reach, visible):
    """First and one past the last row of tiles within the image."""
    height = tl.load(camera + 24)
    half = tl.sqrt(_SLACK * reach * a / tl.maximum(a * c - b * b, _TINY))
    first = tl.maximum(tl.floor((py - half) / _TILE), 0.0)
    last = tl.minimum(tl.floor((py + half) / _TILE) + 1.0, tl.ceil(height / _TILE))
    first = tl.where(visible, first, 0.0)
    last = tl.where(visible, tl.maximum(last, first), 0.0)
    return first.to(tl.int32), last.to(tl.int32)


@triton.jit
def tiles_in_row(camera, row, px, py, a, b, c, reach):
    """First and one past the last tile of a row of tiles.

    The outline's right side, as a function of y, has one peak: its greatest value within the row lies at
    the peak, or at the row's edge that is nearest to the peak. The left side mirrors it.
    """
    width = tl.load(camera + 23)
    reach = _SLACK * reach
    determinant = tl.maximum(a * c - b * b, _TINY)
    half_x = tl.sqrt(reach * c / determinant)
    half_y = tl.sqrt(reach * a / determinant)
    top = tl.maximum(row.to(tl.float32) * _TILE - py, -half_y)
    bottom = tl.minimum((row + 1).to(tl.float32) * _TILE - py, half_y)
    peak = -b * half_x / c
    at = tl.minimum(tl.maximum(peak, top), bottom)
    right = (-b * at + tl.sqrt(tl.maximum(b * b * at * at - a * (c * at * at - reach), 0.0))) / a
    at = tl.minimum(tl.maximum(-peak, top), bottom)
    left = (-b * at - tl.sqrt(tl.maximum(b * b * at * at - a * (c * at * at - reach), 0.0))) / a
    columns = tl.ceil(width / _TILE)
    first = tl.minimum(tl.maximum(tl.floor((px + left) / _TILE), 0.0), columns)
    last = tl.minimum(tl.maximum(tl.floor((px + right) / _TILE) + 1.0, first), columns)
    return first.to(tl.int32), last.to(tl.int32)


class Total:
    """How many tiles are listed in all: asked for early, so that the device works on while it is fetched."""

    def __init__(self, ellipses: Ellipses) -> None:
        self._value = ellipses.tiles.sum().to("cpu", non_blocking=True)
        self._fetched = torch.cuda.Event() if ellipses.tiles.is_cuda else None
        if self._fetched:
            self._fetched.record()

    def __int__(self) -> int:
        if self._fetched:
            self._fetched.synchronize()
        return int(self._value)


def sort_into_tiles(
    ellipses: Ellipses, listed: Total, camera: Tensor, width: int, height: int
) -> tuple[Tensor, Tensor]:
    """Each tile's ellipses from near to far: offsets int32 [1, rows, columns] into their rows int32 [M].

    Two quick sorts in place of one over tile and depth: all by depth, then, stably, by tile in 16 bits.
    """
    columns, rows = -(-width // TILE_PX), -(-height // TILE_PX)
    order = torch.argsort(ellipses.depths)
    ends = ellipses.tiles[order].cumsum(0)
    count, total = len(order), int(listed)
    dtype = torch.int16 if rows * columns < 2**15 - 1 else torch.int32
    tile_ids = torch.empty(total, dtype=dtype, device=order.device)
    ids = torch.empty(total, dtype=torch.int32, device=order.device)
    _list_tiles[(triton.cdiv(count, _BLOCK),)](
        order,
        ends,
        ellipses.means2d,
        ellipses.conics,
        ellipses.alphas,
        ellipses.tiles,
        camera,
        tile_ids,
        ids,
        count,
        columns,
        rows * columns,
        BLOCK=_BLOCK,
        num_warps=2,
    )
    tile_ids, position = torch.sort(tile_ids, stable=True)
    every = torch.arange(rows * columns, dtype=dtype, device=order.device)
    offsets = torch.searchsorted(tile_ids, every, out_int32=True)
    return offsets.reshape(1, rows, columns), ids[position]


@triton.jit
def _list_tiles(
    order,
    ends,
    means2d,
    conics,
    alphas,
    tiles,
    camera,
    tile_ids,
    ids,
    count,
    columns,
    nowhere,
    BLOCK: tl.constexpr,
):
    k = tl.program_id(0) * BLOCK + tl.arange(0, BLOCK)
    known = k < count
    i = tl.load(order + k, mask=known, other=0)
    touched = tl.load(tiles + i, mask=known, other=0)
    visible = known & (touched > 0)
    end = tl.load(ends + k, mask=known, other=0)
    at = end - touched
    px = tl.load(means2d + i * 2, mask=visible, other=0.0)
    py = tl.load(means2d + i * 2 + 1, mask=visible, other=0.0)
    a = tl.load(conics + i * 3, mask=visible, other=1.0)
    b = tl.load(conics + i * 3 + 1, mask=visible, other=0.0)
    c = tl.load(conics + i * 3 + 2, mask=visible, other=1.0)
    reach = reach_of(tl.load(alphas + i, mask=visible, other=0.0))
    first, last = tile_rows(camera, py, a, b, c, reach, visible)
    row = first
    while tl.max(last - row) > 0:
        left, right = tiles_in_row(camera, row, px, py, a, b, c, reach)
        width = tl.where(row < last, right - left, 0)
        column = tl.zeros([BLOCK], tl.int32)
        while tl.max(width - column) > 0:
            listed = (column < width) & (at + column < end)
            tile = row * columns + left + column
            tl.store(tile_ids + at + column, tile.to(tile_ids.dtype.element_ty), mask=listed)
            tl.store(ids + at + column, i.to(tl.int32), mask=listed)
            column += 1
        at += width
        row += 1
    # Rounding may let this kernel find fewer tiles than were counted; what is left goes to no tile.
    while tl.max(end - at) > 0:
        tl.store(tile_ids + at, (i * 0 + nowhere).to(tile_ids.dtype.element_ty), mask=at < end)
        tl.store(ids + at, i.to(tl.int32), mask=at < end)
        at += 1
