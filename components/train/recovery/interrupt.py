"""SIGTERM becomes a flag that training looks at, so that it can save its work first."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType


class Interruption:
    """True once the process was asked to end."""

    requested = False

    def __bool__(self) -> bool:
        return self.requested


@contextmanager
def catch_termination() -> Iterator[Interruption]:
    """Within the block SIGTERM sets the flag instead of ending the process at once."""
    interruption = Interruption()
    if threading.current_thread() is not threading.main_thread():
        yield interruption  # Only the main thread may receive signals.
        return

    def request(_signal: int, _frame: FrameType | None) -> None:
        interruption.requested = True

    previous = signal.signal(signal.SIGTERM, request)
    try:
        yield interruption
    finally:
        signal.signal(signal.SIGTERM, previous)
