"""Time of a film's frames from time stamps that may be missing, repeated, negative, or jump."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from heapq import heappop, heappush
from itertools import pairwise
from statistics import median
from typing import NamedTuple

_MAX_STEP_SECONDS = 10.0
"""A longer step is a jump of the clock, not a pause, as FFmpeg has it."""
_USUAL_RATE = 25.0
_MAX_REORDERED = 16
"""Frames are stored at most so many places before those that are shown earlier (H.264, HEVC)."""


class Stamp(NamedTuple):
    """Time stamps of a packet in seconds; None where it has none."""

    shown: float | None
    decoded: float | None


class FilmClock:
    """Seconds since the first frame. A step that is not positive or over 10 s counts as the typical step."""

    def __init__(self, step: float) -> None:
        self.seconds = 0.0
        self._step = step
        self._last: float | None = None
        self._started = False

    def tick(self, stamp: float | None) -> float:
        """Time of the next frame, which has this time stamp in seconds."""
        if self._started:
            step = stamp - self._last if stamp is not None and self._last is not None else self._step
            self.seconds += step if 0 < step <= _MAX_STEP_SECONDS else self._step
        if stamp is not None:
            self._last = stamp
        elif self._last is not None:
            self._last += self._step
        self._started = True
        return self.seconds


def length_seconds(stamps: Sequence[Stamp], step: float) -> float:
    """Duration of the film, the last frame included; 0 without frames."""
    clock = FilmClock(step)
    for time in _rising(stamps):
        clock.tick(time)
    return clock.seconds + step if stamps else 0.0


def typical_step(stamps: Sequence[Stamp], average_rate: Fraction | None) -> float:
    """Median time from one frame to the next in seconds; without time stamps that of the stated rate."""
    times = [time for time in _rising(stamps) if time is not None]
    steps = [after - before for before, after in pairwise(times)]
    steps = [step for step in steps if 0 < step <= _MAX_STEP_SECONDS]
    if steps:
        return median(steps)
    return 1.0 / (float(average_rate or 0) or _USUAL_RATE)


def _rising(stamps: Sequence[Stamp]) -> list[float | None]:
    """Times of frames in the order in which they are shown; else those of decoding."""
    shown = [stamp.shown for stamp in stamps if stamp.shown is not None]
    if not shown:
        return [stamp.decoded for stamp in stamps]
    rising: list[float | None] = []
    waiting: list[float] = []
    for time in shown:
        heappush(waiting, time)
        if len(waiting) > _MAX_REORDERED:
            rising.append(heappop(waiting))
    rising += sorted(waiting)
    return rising + [None] * (len(stamps) - len(shown))
