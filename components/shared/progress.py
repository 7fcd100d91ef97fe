"""Progress of a stage as typed values, written to a file for the command line or to the log.

A library calls `on_progress(Progress(...))`. `reporter(stage)` returns such a function. It appends JSON lines
to the file that KUBESPLAT_PROGRESS names, which the command line shows as progress bars. Without the
variable it prints plain lines for `kubectl logs`, at most one every few seconds.
"""

from __future__ import annotations

import json
import math
import os
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import TextIO, TypedDict

from components.shared.environment import PROGRESS_FILE_VARIABLE


@dataclass(frozen=True, slots=True)
class Progress:
    """State of a stage.

    `fraction`: finished part of the stage, in [0, 1]. `phase`: current work ("match images", "Iter 1000").
    `note`: its figures as text ("Loss=0.0250, Gaussians=15000, PSNR=24.10"). `details`: the same figures in a
    type of the stage. `starts_pace`: the time left is estimated from here on, since an earlier
    try did the work up to `fraction`, or it was of another kind.
    """

    phase: str
    fraction: float
    note: str = ""
    details: object = None
    starts_pace: bool = False


OnProgress = Callable[[Progress], None]


class ProgressEvent(TypedDict):
    """A `Progress` as a JSON line of the progress file, without its details."""

    time: float
    """Seconds since 1970."""
    stage: str
    phase: str
    fraction: float
    note: str
    starts_pace: bool


def ignore_progress(_: Progress) -> None:
    """Discard progress."""


def within(on_progress: OnProgress, low: float, high: float) -> OnProgress:
    """A callback for a part of the work: its fractions in [0, 1] are reported as [low, high] of the whole."""

    def report(progress: Progress) -> None:
        fraction = low * (1.0 - progress.fraction) + high * progress.fraction
        on_progress(replace(progress, fraction=fraction))

    return report


def reporter(stage: str, *, stream: TextIO | None = None, every_seconds: float = 5.0) -> OnProgress:
    """A callback that writes a stage's progress to the command line's file or log, and tells listeners."""
    path = os.environ.get(PROGRESS_FILE_VARIABLE)
    lines = None if path else _LineReporter(stage, stream or sys.stdout, every_seconds)

    def report(progress: Progress) -> None:
        event = _event(stage, progress)
        if lines:
            lines(progress)
        elif path:
            with open(path, "a", encoding="utf-8") as file:
                file.write(json.dumps(event) + "\n")
        for listener in _listeners:
            listener(event)

    return report


_listeners: list[Callable[[ProgressEvent], None]] = []


@contextmanager
def listening(listener: Callable[[ProgressEvent], None]) -> Iterator[None]:
    """Call `listener` with every event that a reporter of this process reports during the block."""
    _listeners.append(listener)
    try:
        yield
    finally:
        _listeners.remove(listener)


def _event(stage: str, progress: Progress) -> ProgressEvent:
    return {
        "time": time.time(),
        "stage": stage,
        "phase": progress.phase,
        "fraction": progress.fraction,
        "note": progress.note,
        "starts_pace": progress.starts_pace,
    }


class _LineReporter:
    def __init__(self, stage: str, stream: TextIO, every_seconds: float) -> None:
        self._stage, self._stream, self._every = stage, stream, every_seconds
        self._pace = Pace(time.monotonic())
        self._last_line = -math.inf

    def __call__(self, progress: Progress) -> None:
        now = time.monotonic()
        if progress.starts_pace:
            self._pace = Pace(now, progress.fraction)
        if now - self._last_line < self._every and progress.fraction < 1.0:
            return
        self._last_line = now
        left = self._pace.seconds_left(progress.fraction, now)
        self._stream.write(line(self._stage, progress, left) + "\n")
        self._stream.flush()


@dataclass(frozen=True, slots=True)
class Pace:
    """Speed of the work since this try started."""

    since: float
    """Start of the try, in seconds of any clock."""
    fraction: float = 0.0
    """Part of the work that was finished before `since`, in [0, 1]."""

    def seconds_left(self, fraction: float, now: float) -> float | None:
        """Time left at the speed so far; None until 5 % of the try's work and 1 s have passed: a stage loads
        libraries and compiles kernels first."""
        done, elapsed = fraction - self.fraction, now - self.since
        if done < 0.05 * (1.0 - self.fraction) or elapsed < 1.0:
            return None
        return elapsed * (1.0 - fraction) / done


def line(stage: str, progress: Progress, left_seconds: float | None) -> str:
    """One line of the log: `train: Iter 1000: Loss=0.0250, Gaussians=15000, 3m20s left`."""
    parts = [progress.note] if progress.note else []
    if left_seconds is not None:
        parts.append(f"{duration(left_seconds)} left")
    return f"{stage}: {progress.phase}" + (f": {', '.join(parts)}" if parts else "")


def duration(seconds: float) -> str:
    """`45s`, `3m20s`, `1h05m`."""
    whole = round(seconds)
    if whole < 60:
        return f"{whole}s"
    if whole < 3600:
        return f"{whole // 60}m{whole % 60:02d}s"
    return f"{whole // 3600}h{whole % 3600 // 60:02d}m"
