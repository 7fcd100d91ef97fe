"""Numbers and names as the report shows them."""

from __future__ import annotations

import math


def size(count: int) -> str:
    """Bytes as `285 kB` or `3.2 MB`."""
    for unit, factor in (("GB", 1e9), ("MB", 1e6), ("kB", 1e3)):
        if count >= factor:
            value = count / factor
            return f"{value:.0f} {unit}" if value >= 100 else f"{value:.3g} {unit}"
    return f"{count} B"


def thousands(count: int) -> str:
    """`12 000` with a narrow no-break space; numbers below 10 000 without."""
    return f"{count:,}".replace(",", "\u202f") if count >= 10_000 else str(count)


def processor(device: str) -> str:
    """`the CPU`, or the model of the GPU."""
    return "the CPU" if device == "cpu" else device


def axis_number(value: float) -> str:
    """`12k`, `1.5M`, `0.25`."""
    for suffix, factor in (("M", 1e6), ("k", 1e3)):
        if abs(value) >= factor:
            return f"{value / factor:g}{suffix}"
    return f"{value:g}"


def nice_step(span: float, steps: int) -> float:
    """The smallest of 1, 2 or 5 times a power of ten that divides `span` into at most `steps` steps."""
    smallest = span / steps
    power = 10.0 ** math.floor(math.log10(smallest))
    return next(factor * power for factor in (1.0, 2.0, 5.0, 10.0) if factor * power >= smallest * (1 - 1e-9))
