"""Work on all cores: each thread gets a range of items.

Plain threads on kernels and NumPy functions that release the GIL, instead of numba's prange: a third of its
compile time, ranges of equal work rather than equal length, and no threading layer that must not be entered
twice.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from itertools import pairwise
from typing import Any

import numpy as np

from components.shared.resources import available_cpus

_CHUNKS_PER_THREAD = 4


def run_ranges(kernel: Callable[..., None], bounds: Sequence[int], *arguments: Any) -> None:
    """Call `kernel(*arguments, start, stop)` for each pair of neighbours in `bounds`."""
    ranges = [(start, stop) for start, stop in pairwise(bounds) if start < stop]
    if thread_count() == 1 or len(ranges) < 2:
        for start, stop in ranges:
            kernel(*arguments, start, stop)
        return
    pool = _pool(os.getpid())
    for future in [pool.submit(kernel, *arguments, start, stop) for start, stop in ranges]:
        future.result()


def equal_ranges(count: int, *, at_least: int = 1024) -> list[int]:
    """Bounds that cut `count` items into one range per thread, none shorter than `at_least`."""
    parts = max(1, min(thread_count(), count // at_least))
    return [count * part // parts for part in range(parts + 1)]


def in_ranges(work: Callable[[int, int], None], count: int, *, at_least: int = 1 << 16) -> None:
    """Call `work(start, stop)`, which spends its time in NumPy, for ranges that make up `count` rows."""
    run_ranges(work, equal_ranges(count, at_least=at_least))


def take_rows(values: np.ndarray, index: np.ndarray) -> np.ndarray:
    """`values[index]` on all cores, for an index [M] of rows that are not negative or a mask [N]."""
    if index.dtype == bool:
        index = np.flatnonzero(index)
    taken = np.empty((len(index), *values.shape[1:]), values.dtype)

    def take(start: int, stop: int) -> None:
        np.take(values, index[start:stop], axis=0, out=taken[start:stop], mode="clip")

    in_ranges(take, len(index))
    return taken


def stable_argsort(keys: np.ndarray) -> np.ndarray:
    """`np.argsort(keys, kind="stable")` of [N] with ranges of it sorted on all cores, then merged."""
    order = np.empty(len(keys), np.intp)

    def sort(start: int, stop: int) -> None:
        order[start:stop] = start + np.argsort(keys[start:stop], kind="stable")

    in_ranges(sort, len(keys))
    # NumPy's stable sort finds the sorted ranges and merges them.
    return order[np.argsort(take_rows(keys, order), kind="stable")]


def equal_work_ranges(cumulative_work: np.ndarray) -> list[int]:
    """Bounds that cut items into ranges of equal work; item i costs cumulative_work[i + 1] - [i]."""
    parts = 1 if thread_count() == 1 else _CHUNKS_PER_THREAD * thread_count()
    goals = np.linspace(0, cumulative_work[-1], parts + 1)[1:-1]
    inner = np.searchsorted(cumulative_work, goals)
    return [0, *np.minimum(inner, len(cumulative_work) - 1).tolist(), len(cumulative_work) - 1]


@cache
def thread_count() -> int:
    """What the container grants, or less where NUMBA_NUM_THREADS says so."""
    granted = available_cpus()
    return max(1, min(granted, int(os.environ.get("NUMBA_NUM_THREADS", granted))))


@cache
def _pool(process_id: int) -> ThreadPoolExecutor:
    """One pool per process: threads do not survive a fork."""
    return ThreadPoolExecutor(thread_count(), thread_name_prefix="ranges")
