"""Tile intersections: for each tile the ellipses that touch it, from near to far."""

from __future__ import annotations

import logging
from collections import deque
from dataclasses import dataclass

import torch
import triton
import triton.language as tl
from torch import Tensor

from components.train.steps.fused.launch import quick_launch
from components.train.steps.fused.projection import (
    TILE_PX,
    Ellipses,
    load_ellipse,
    squared_reach,
    tile_rows,
    tiles_in_row,
)

_log = logging.getLogger(__name__)

_BLOCK = 64
_HALVINGS = tl.constexpr(26)
"""Of a binary search, enough to find one of 2^26 Gaussians."""
_CAPACITY_FACTOR, _CAPACITY_MIN = 1.15, 1_024
_FIRST_GROWTH, _GROWTHS_KEPT = 2.0, 16


@dataclass(frozen=True, slots=True)
class _PendingCount:
    """A count of intersections on its way from the device, and the capacity it was given meanwhile."""

    photo: int
    count: Tensor
    arrived: torch.cuda.Event | None
    capacity: int | None = None
    """None where the step waits for the count, which is then the capacity."""


class IntersectionCapacity:
    """How many tile intersections a step allocates, without waiting for the device to count them.

    A photo's first step waits for the count. Later steps get the photo's last count × the largest recent
    growth of any photo's count × 1.15 + 1,024. A step whose count exceeds its capacity is skipped: it changes
    no Gaussian. `skipped_steps` counts such steps, once their counts have arrived.
    """

    def __init__(self) -> None:
        self.skipped_steps = 0
        self._counts: dict[int, int] = {}
        self._growths: deque[float] = deque([_FIRST_GROWTH], maxlen=_GROWTHS_KEPT)
        self._pending: deque[_PendingCount] = deque()

    def of(self, photo: int, count: Tensor) -> int:
        """Capacity for the photo of that key; `count` int32 [1] is what it needs now, on the device."""
        while self._pending and _has_arrived(self._pending[0]):
            self._take_count()
        arriving = count.to("cpu", non_blocking=True)
        arrived = torch.cuda.Event() if count.is_cuda else None
        if arrived:
            arrived.record()
        if photo not in self._counts:
            self._pending.append(_PendingCount(photo, arriving, arrived))
            while self._pending:
                self._take_count()
            return self._counts[photo]
        capacity = round(_CAPACITY_FACTOR * max(1.0, *self._growths) * self._counts[photo]) + _CAPACITY_MIN
        self._pending.append(_PendingCount(photo, arriving, arrived, capacity))
        return capacity

    def _take_count(self) -> None:
        pending = self._pending.popleft()
        if pending.arrived:
            pending.arrived.synchronize()
        count, last = int(pending.count), self._counts.get(pending.photo)
        if last:
            self._growths.append(count / last)
        self._counts[pending.photo] = count
        if pending.capacity is not None and count > pending.capacity:
            self.skipped_steps += 1
            _log.debug(
                "a step was skipped: %d tile intersections, capacity %d; %d steps so far",
                *(count, pending.capacity, self.skipped_steps),
            )


def _has_arrived(pending: _PendingCount) -> bool:
    return pending.arrived is None or pending.arrived.query()


def cumulative_tile_counts(ellipses: Ellipses) -> Tensor:
    """Sums of `tile_counts` from near to far, int32 [N]; the last is the count of intersections."""
    return ellipses.tile_counts[ellipses.order].cumsum(0, dtype=torch.int32)


def intersect_tiles(
    ellipses: Ellipses, cumulative_counts: Tensor, capacity: int, camera: Tensor, width: int, height: int
) -> tuple[Tensor, Tensor]:
    """Each tile's ellipses from near to far.

    Returns:
        isect_offsets int32 [tiles + 1]: where each tile's list begins, and the last one ends.
        gaussian_ids int32 [capacity]: rows of the Gaussians, tile by tile.

    With more intersections than `capacity` all lists are empty and all `tile_counts` become 0. Two quick
    sorts in place of one over tile and depth: all by depth, then, stably, by tile in 16 bits.
    """
    columns, rows = -(-width // TILE_PX), -(-height // TILE_PX)
    dtype = torch.int16 if rows * columns < 2**15 - 1 else torch.int32
    tile_ids = torch.empty(capacity, dtype=dtype, device=cumulative_counts.device)
    gaussian_ids = torch.empty(capacity, dtype=torch.int32, device=cumulative_counts.device)
    ellipses.tile_counts.mul_(cumulative_counts[-1] <= capacity)
    if capacity:
        _intersect_tiles[(triton.cdiv(capacity, _BLOCK),)](
            ellipses.order,
            cumulative_counts,
            ellipses.table,
            ellipses.tile_counts,
            camera,
            tile_ids,
            gaussian_ids,
            len(cumulative_counts),
            capacity,
            columns,
            rows * columns,
            BLOCK=_BLOCK,
            num_warps=1,
        )
    tile_ids, position = torch.sort(tile_ids, stable=True)
    every = torch.arange(rows * columns + 1, dtype=dtype, device=cumulative_counts.device)
    return torch.searchsorted(tile_ids, every, out_int32=True), gaussian_ids[position]


@quick_launch
@triton.jit(do_not_specialize=["count", "capacity", "columns", "no_tile"])
def _intersect_tiles(
    order,
    cumulative_counts,
    table,
    tile_counts,
    camera,
    tile_ids,
    gaussian_ids,
    count,
    capacity,
    columns,
    no_tile,
    BLOCK: tl.constexpr,
):
    """One thread per intersection, not per Gaussian: near ones touch thousands of tiles, most touch a few."""
    isect = tl.program_id(0) * BLOCK + tl.arange(0, BLOCK)
    total = tl.load(cumulative_counts + count - 1)
    valid = (isect < total) & (total <= capacity)
    k = _place_in_depth_order(cumulative_counts, isect, count)
    i = tl.load(order + k, mask=valid, other=0)
    px, py, log_opacity, a, b, c = load_ellipse(table, i, valid)
    reach = squared_reach(log_opacity)
    row, last = tile_rows(camera, py, a, b, c, reach, valid)
    end = tl.load(cumulative_counts + k, mask=valid, other=0)
    index = isect - end + tl.load(tile_counts + i, mask=valid, other=0)
    # Rounding may let this kernel find fewer tiles than were counted; what is left goes to no tile.
    tile = isect * 0 + no_tile
    searching = valid & (row < last)
    while tl.max(searching.to(tl.int32), axis=0) > 0:
        left, right = tiles_in_row(camera, row, px, py, a, b, c, reach)
        found = searching & (index < right - left)
        tile = tl.where(found, row * columns + left + index, tile)
        index -= right - left
        row += 1
        searching &= (row < last) & (index >= 0)
    tl.store(tile_ids + isect, tile.to(tile_ids.dtype.element_ty), mask=isect < capacity)
    tl.store(gaussian_ids + isect, i.to(tl.int32), mask=isect < capacity)


@triton.jit
def _place_in_depth_order(cumulative_counts, isect, count):
    """The Gaussian that an intersection belongs to, as its place in depth order, by binary search."""
    low = isect * 0
    high = low + count - 1
    for _ in range(_HALVINGS):
        middle = (low + high) // 2
        is_past = tl.load(cumulative_counts + middle) <= isect
        low = tl.where(is_past, tl.minimum(middle + 1, count - 1), low)
        high = tl.where(is_past, high, middle)
    return low
