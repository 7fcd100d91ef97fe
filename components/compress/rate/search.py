"""Search of the fidelity at which a quantity, whose logarithm is about linear in it, has a value."""

from __future__ import annotations

from collections.abc import Mapping

from components.compress.rate.fidelity import HIGHEST_DB, LOWEST_DB

_LONGEST_STEP_DB = 16.0
"""Beyond all tries: far from the first the quantity changes faster."""


def next_fidelity(missing: Mapping[float, float], decay: float) -> float:
    """The fidelity in dB to try after those of `missing`, which are one or more.

    missing: the logarithm by which the value is missed, above 0 where the fidelity must rise for it; it falls
    by about `decay` with each dB until two tries tell better.
    """
    too_low, too_high = (
        [db for db, each in missing.items() if (each > 0.0) is is_low] for is_low in (True, False)
    )
    if too_low and too_high and max(too_low) < min(too_high):
        low, high = max(too_low), min(too_high)
        part = missing[low] / max(missing[low] - missing[high], 1e-9)
        return low + (high - low) * min(max(part, 0.1), 0.9)
    nearest, *others = sorted(missing, reverse=bool(too_low))
    measured = abs((missing[nearest] - missing[others[0]]) / (nearest - others[0])) if others else decay
    step = missing[nearest] / max(measured, decay / 4)
    step = min(max(step, -_LONGEST_STEP_DB), _LONGEST_STEP_DB)
    return min(max(nearest + step, LOWEST_DB), HIGHEST_DB)
