"""Progress as typed values. Stages report; terminals, logs and files render.

A stage calls `on_progress(Progress(...))`. `reporter(stage)` makes such a function: it appends
JSON lines to the file named by KUBESPLAT_PROGRESS, which the command line draws as bars, and
otherwise prints plain lines, at most one every few seconds, for `kubectl logs`.
"""

from __future__ import annotations

import json
import math
import os
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TextIO

from components.shared.environment import PROGRESS_FILE_VARIABLE


@dataclass(frozen=True, slots=True)
class Progress:
    """Where a stage stands.

    `fraction` is of the whole stage, in [0, 1]. `phase` names the work ("match images",
    "Iter 1000"), `note` its figures ("Loss=0.0250, Gaussians=15000, PSNR=24.10"), `details` the same for
    programs, in a type of the stage's. `resumed`: the work up to `fraction` was done by an earlier try, so
    that it says nothing about the speed of this one.
    """

    phase: str
    fraction: float
    note: str = ""
    details: object = None
    resumed: bool = False


OnProgress = Callable[[Progress], None]


def ignore_progress(_: Progress) -> None:
    """For callers that do not want to know."""


def within(on_progress: OnProgress, low: float, high: float) -> OnProgress:
    """Reports the fraction of a part, in [0, 1], as one of the whole, in [low, high]."""

    def report(progress: Progress) -> None:
        fraction = low * (1.0 - progress.fraction) + high * progress.fraction
        on_progress(replace(progress, fraction=fraction))

    return report


def reporter(stage: str, *, stream: TextIO | None = None, every_seconds: float = 5.0) -> OnProgress:
    """A function that sends a stage's progress to the command line's file, or to the log."""
    path = os.environ.get(PROGRESS_FILE_VARIABLE)
    if path:
        return _FileReporter(stage, path)
    return _LineReporter(stage, stream or sys.stdout, every_seconds)


class _FileReporter:
    def __init__(self, stage: str, path: str) -> None:
        self._stage, self._path = stage, path

    def __call__(self, progress: Progress) -> None:
        event = {
            "time": time.time(),
            "stage": self._stage,
            "phase": progress.phase,
            "fraction": progress.fraction,
            "note": progress.note,
            "resumed": progress.resumed,
        }
        with open(self._path, "a", encoding="utf-8") as file:
            file.write(json.dumps(event) + "\n")


class _LineReporter:
    def __init__(self, stage: str, stream: TextIO, every_seconds: float) -> None:
        self._stage, self._stream, self._every = stage, stream, every_seconds
        self._pace = Pace(time.monotonic())
        self._last_line = -math.inf

    def __call__(self, progress: Progress) -> None:
        now = time.monotonic()
        if progress.resumed:
            self._pace = Pace(now, progress.fraction)
        if now - self._last_line < self._every and progress.fraction < 1.0:
            return
        self._last_line = now
        left = self._pace.seconds_left(progress.fraction, now)
        self._stream.write(line(self._stage, progress, left) + "\n")
        self._stream.flush()


@dataclass(frozen=True, slots=True)
class Pace:
    """How fast work goes on, from the point where this try took it up."""

    since: float
    """In seconds of any clock."""
    fraction: float = 0.0
    """Of the work, done before `since`."""

    def seconds_left(self, fraction: float, now: float) -> float | None:
        """Time left if work goes on as fast as so far; None while too little is done to tell."""
        done, elapsed = fraction - self.fraction, now - self.since
        if done < 0.01 or elapsed < 1.0:
            return None
        return elapsed * (1.0 - fraction) / done


def line(stage: str, progress: Progress, left_seconds: float | None) -> str:
    """One plain line: `train: Iter 1000: Loss=0.0250, Gaussians=15000, 3m20s left`."""
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
