"""Work on a network that must not hold up its caller."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable


def run_within(seconds: float, works: Iterable[Callable[[], None]]) -> list[Exception | None]:
    """Run each of `works` in a thread of its own, all for at most `seconds`; return the error of each.

    The error is a TimeoutError for one that takes longer: it goes on alone, and ends with the process. The
    time limits of sockets cover neither name resolution nor an answer that trickles.
    """
    begun = [_begin(work) for work in works]
    give_up = time.monotonic() + seconds
    for thread, _ in begun:
        thread.join(max(0.0, give_up - time.monotonic()))
    late = TimeoutError(f"no answer within {seconds:g} s")
    return [late if thread.is_alive() else (errors[0] if errors else None) for thread, errors in begun]


def _begin(work: Callable[[], None]) -> tuple[threading.Thread, list[Exception]]:
    errors: list[Exception] = []

    def run() -> None:
        try:
            work()
        except Exception as error:
            errors.append(error)

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    return thread, errors
