"""The same work on many items or rows, by a few threads."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor, as_completed
from typing import TypeVar

import numpy as np

from components.shared.resources import available_cpus

Item = TypeVar("Item")
Result = TypeVar("Result")


def completed(
    work: Callable[[Item], Result], items: Iterable[Item], *, threads: int, name: str
) -> Iterator[tuple[Item, Result]]:
    """Yield each item with `work(item)` as soon as that is done; the threads are called `name`.

    The first exception, of `work` or of the caller's loop, cancels all work that has not started. So that the
    latter is noticed at once, loop over the call itself and give it no name.
    """
    pool = ThreadPoolExecutor(threads, name)
    try:
        futures = {pool.submit(work, item): item for item in items}
        for future in as_completed(futures):
            yield futures[future], future.result()
    finally:
        pool.shutdown(cancel_futures=True)


def in_ranges(work: Callable[[int, int], None], count: int, *, at_least: int = 1 << 16) -> None:
    """Call `work(start, stop)` for ranges that make up `count` rows, on all cores where there are many rows.

    It should write its results to rows of its own, and spend its time in NumPy, which releases the GIL.
    """
    parts = max(1, min(available_cpus(), count // at_least))
    bounds = [count * part // parts for part in range(parts + 1)]
    if parts == 1:
        work(0, count)
        return
    with ThreadPoolExecutor(parts) as pool:
        for future in [pool.submit(work, *bounds[part : part + 2]) for part in range(parts)]:
            future.result()


def take_rows(values: np.ndarray, index: np.ndarray) -> np.ndarray:
    """`values[index]` on all cores, for an index [M] of rows that are not negative or a mask [N]."""
    if index.dtype == bool:
        index = np.flatnonzero(index)
    taken = np.empty((len(index), *values.shape[1:]), values.dtype)

    def take(start: int, stop: int) -> None:
        np.take(values, index[start:stop], axis=0, out=taken[start:stop], mode="clip")

    in_ranges(take, len(index))
    return taken
