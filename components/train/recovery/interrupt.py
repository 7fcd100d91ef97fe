"""SIGTERM as a flag that training checks between steps, so that it can save a checkpoint first."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager

from components.shared.processes import on_signals


class Interruption:
    """True once the process was asked to end."""

    requested = False

    def __bool__(self) -> bool:
        return self.requested


@contextmanager
def catch_termination() -> Iterator[Interruption]:
    """During the block SIGTERM sets the flag and does not end the process."""
    interruption = Interruption()

    def request(_signal: int) -> None:
        interruption.requested = True

    with on_signals([signal.SIGTERM], request):
        yield interruption
