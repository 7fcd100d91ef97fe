"""Numbers from files of other programs: finite and in range, or unknown."""

from __future__ import annotations

import math
from typing import Any


def number_in(value: Any, low: float = -math.inf, high: float = math.inf) -> float | None:
    """`value` as a finite float from `low` to `high`, both included; None where it is anything else.

    Takes what can be converted: rational numbers of EXIF, text such as "28", NumPy scalars; not booleans.
    """
    if isinstance(value, bool):
        return None
    try:
        number = float(value)
    except (TypeError, ValueError, ArithmeticError):
        return None
    return number if math.isfinite(number) and low <= number <= high else None
