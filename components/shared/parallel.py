"""The same work on many items, by a few threads."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor, as_completed
from typing import TypeVar

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


def in_order(
    work: Callable[[Item], Result], items: Iterable[Item], *, threads: int, name: str
) -> Iterator[Result]:
    """Yield `work(item)` in the order of the items, from threads that are called `name`.

    While the caller uses a result the threads work on the next ones, and no more than `threads` of these are
    in memory. Exceptions do what they do in `completed`.
    """
    pool = ThreadPoolExecutor(threads, name)
    begun: deque[Future[Result]] = deque()
    try:
        for item in items:
            begun.append(pool.submit(work, item))
            if len(begun) > threads:
                yield begun.popleft().result()
        while begun:
            yield begun.popleft().result()
    finally:
        pool.shutdown(cancel_futures=True)
