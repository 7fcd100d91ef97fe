"""Which tiles an ellipse touches: per row of tiles, exactly the span that its outline reaches.

A bounding box would list many tiles that a slanted ellipse misses (the idea of Speedy-Splat's AccuTile).
"""

from __future__ import annotations

import math
from collections import deque

import torch
import triton
import triton.language as tl
from torch import Tensor

from components.shared.rasterize.conventions import ALPHA_MIN, EXTENT_MAX_SIGMAS
from components.train.steps.fused.ellipse import POWER, Ellipses, load_ellipse

TILE_PX = 8
_TILE = tl.constexpr(TILE_PX)
_SLACK = tl.constexpr(1.001)
_POWER, _POWER_MIN = tl.constexpr(POWER), tl.constexpr(math.log2(ALPHA_MIN))
_REACH_MAX = tl.constexpr(EXTENT_MAX_SIGMAS**2)
_TINY = tl.constexpr(1e-20)
_BLOCK = 64
_HALVINGS = tl.constexpr(26)
"""Enough to find one of 2^26 Gaussians."""
_MORE_ROOM, _LEAST_ROOM = 1.15, 1_024
_FIRST_GROWTH, _OF_LATE = 2.0, 16


@triton.jit
def reach_of(peak):
    """Squared radius in sigmas within which a Gaussian is drawn, from the log2 of its opacity."""
    return tl.minimum(tl.maximum((peak - _POWER_MIN) / -_POWER, 0.0), _REACH_MAX)


@triton.jit
def tile_rows(camera, py, a, b, c, reach, visible):
    """First and one past the last row of tiles within the image."""
    height = tl.load(camera + 24)
    half = tl.sqrt(reach * _SLACK * a / tl.maximum(a * c - b * b, _TINY))
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
    reach = reach * _SLACK
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


class Rooms:
    """How long the tiles' lists may be, without waiting for the device to say how long they are.

    A photo's first lists are waited for. Later ones get what the last time took, times what other photos'
    lists have grown by of late, and some more; where that is not enough the step does nothing.
    """

    def __init__(self) -> None:
        self._taken: dict[int, int] = {}
        self._growth: deque[float] = deque([_FIRST_GROWTH], maxlen=_OF_LATE)
        self._asked: deque[tuple[int, Tensor, torch.cuda.Event | None]] = deque()

    def room_for(self, photo: int, total: Tensor) -> int:
        """Entries for the photo of that key; `total` [1] is what its lists need now, on the device."""
        while self._asked and (self._asked[0][2] is None or self._asked[0][2].query()):
            self._take_answer()
        asked = total.to("cpu", non_blocking=True)
        event = torch.cuda.Event() if total.is_cuda else None
        if event:
            event.record()
        self._asked.append((photo, asked, event))
        if photo not in self._taken:
            while self._asked:
                self._take_answer()
            return self._taken[photo]
        return round(_MORE_ROOM * max(1.0, *self._growth) * self._taken[photo]) + _LEAST_ROOM

    def _take_answer(self) -> None:
        photo, answer, event = self._asked.popleft()
        if event:
            event.synchronize()
        taken = int(answer)
        if self._taken.get(photo):
            self._growth.append(taken / self._taken[photo])
        self._taken[photo] = taken


def list_ends(ellipses: Ellipses) -> Tensor:
    """Where the tiles of each Gaussian end in a list of all, in depth order, int32 [N]."""
    return ellipses.tiles[ellipses.order].cumsum(0, dtype=torch.int32)


def sort_into_tiles(
    ellipses: Ellipses, ends: Tensor, room: int, camera: Tensor, width: int, height: int
) -> tuple[Tensor, Tensor]:
    """Each tile's ellipses from near to far: where lists begin and the last ends, int32 [tiles + 1]; rows.

    With less room than all need, nothing is listed and nothing counts as seen. Two quick sorts in place of
    one over tile and depth: all by depth, then, stably, by tile in 16 bits.
    """
    columns, rows = -(-width // TILE_PX), -(-height // TILE_PX)
    dtype = torch.int16 if rows * columns < 2**15 - 1 else torch.int32
    tile_ids = torch.empty(room, dtype=dtype, device=ends.device)
    ids = torch.empty(room, dtype=torch.int32, device=ends.device)
    ellipses.tiles.mul_(ends[-1] <= room)
    if room:
        _list_tiles[(triton.cdiv(room, _BLOCK),)](
            ellipses.order,
            ends,
            ellipses.table,
            ellipses.tiles,
            camera,
            tile_ids,
            ids,
            len(ends),
            room,
            columns,
            rows * columns,
            BLOCK=_BLOCK,
            num_warps=1,
        )
    tile_ids, position = torch.sort(tile_ids, stable=True)
    every = torch.arange(rows * columns + 1, dtype=dtype, device=ends.device)
    return torch.searchsorted(tile_ids, every, out_int32=True), ids[position]


@triton.jit(do_not_specialize=["count", "room", "columns", "nowhere"])
def _list_tiles(
    order,
    ends,
    table,
    tiles,
    camera,
    tile_ids,
    ids,
    count,
    room,
    columns,
    nowhere,
    BLOCK: tl.constexpr,
):
    """One thread per entry, not per Gaussian: near ones touch thousands of tiles, most touch a few."""
    entry = tl.program_id(0) * BLOCK + tl.arange(0, BLOCK)
    total = tl.load(ends + count - 1)
    listed = (entry < total) & (total <= room)
    k = _owner(ends, entry, count)
    i = tl.load(order + k, mask=listed, other=0)
    px, py, peak, a, b, c = load_ellipse(table, i, listed)
    reach = reach_of(peak)
    row, last = tile_rows(camera, py, a, b, c, reach, listed)
    left_over = entry - tl.load(ends + k, mask=listed, other=0) + tl.load(tiles + i, mask=listed, other=0)
    # Rounding may let this kernel find fewer tiles than were counted; what is left goes to no tile.
    tile = entry * 0 + nowhere
    searching = listed & (row < last)
    while tl.max(searching.to(tl.int32), axis=0) > 0:
        left, right = tiles_in_row(camera, row, px, py, a, b, c, reach)
        found = searching & (left_over < right - left)
        tile = tl.where(found, row * columns + left + left_over, tile)
        left_over -= right - left
        row += 1
        searching &= (row < last) & (left_over >= 0)
    tl.store(tile_ids + entry, tile.to(tile_ids.dtype.element_ty), mask=entry < room)
    tl.store(ids + entry, i.to(tl.int32), mask=entry < room)


@triton.jit
def _owner(ends, entry, count):
    """The place in depth order of the Gaussian whose list an entry belongs to."""
    low = entry * 0
    high = low + count - 1
    for _ in range(_HALVINGS):
        middle = (low + high) // 2
        is_past = tl.load(ends + middle) <= entry
        low = tl.where(is_past, tl.minimum(middle + 1, count - 1), low)
        high = tl.where(is_past, high, middle)
    return low
