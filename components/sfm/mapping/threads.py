"""Number of threads of COLMAP's mappers."""

from __future__ import annotations

from components.shared.resources import available_cpus

_MOST = 4
"""More burn CPU time and save none where photos are added one by one: bonsai took 182 CPU seconds with 8
threads, 125 with 4, in equal time."""
_EXACT_UP_TO = 60


def mapper_threads(photos: int, most: int = _MOST) -> int:
    """One for captures of up to 60 photos: sums of several threads differ in their last bits from run to run,
    and small captures gain nothing by more threads."""
    return 1 if photos <= _EXACT_UP_TO else min(most, available_cpus())
