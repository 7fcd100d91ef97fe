"""Photos with more than 8 bits: which values are black and white, by one rule for all photos of a capture."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

Kind = tuple[str, bool]
"""Number type of the values, and whether they have colours: photos of one kind share their levels."""
_INTEGER_WHITES = (2**8 - 1, 2**10 - 1, 2**12 - 1, 2**14 - 1, 2**16 - 1, 2**31 - 1, 2**32 - 1)
_FLOAT_WHITES = (1.0, *_INTEGER_WHITES)
_MIN_SPAN = 0.25
_PERCENTILES = 0.1, 99.9
_MEASURED_PIXELS = 4_000_000
_ROWS_PER_BLOCK = 64  # bounds the memory of intermediate values
_FULL = 65_535


@dataclass(frozen=True, slots=True)
class ValueRange:
    """The values of one photo, or of several.

    least, most: of all pixels. low, high: the percentiles 0.1 and 99.9.
    """

    least: float
    most: float
    low: float
    high: float

    def joined(self, other: ValueRange) -> ValueRange:
        return ValueRange(
            min(self.least, other.least),
            max(self.most, other.most),
            min(self.low, other.low),
            max(self.high, other.high),
        )


@dataclass(frozen=True, slots=True)
class Levels:
    """The values that become 0 and 255."""

    black: float
    white: float
    words: str
    """What is done to the values, for people."""


def kind_of(values: np.ndarray) -> Kind:
    """The kind of values [H, W, C] without alpha."""
    return values.dtype.newbyteorder("=").name, values.shape[2] >= 3


def measure_range(values: np.ndarray) -> ValueRange | None:
    """The range of the finite values [H, W, C] without alpha; None where there are none."""
    step = max(1, int((values.size / _MEASURED_PIXELS) ** 0.5))
    sample = values[::step, ::step]
    finite = sample[np.isfinite(sample)]
    if finite.size == 0:
        return None
    low, high = np.percentile(finite, _PERCENTILES)
    counted = np.isfinite(values)
    least = np.min(values, where=counted, initial=finite[0])
    most = np.max(values, where=counted, initial=finite[0])
    return ValueRange(float(least), float(most), float(low), float(high))


FULL_RANGE = Levels(0.0, float(_FULL), "16 bits to 8")
"""The levels of 16-bit photos whose file declares a colour space."""


def choose_levels(kind: Kind, values: ValueRange) -> Levels:
    """The levels of all photos of a kind whose values have this range together.

    White is the least of 255, 1023, 4095, 16383, 65535, and 2^31 - 1 or 2^32 - 1, that no integer exceeds; of
    floating-point values 1 is the first candidate, and 0.1 % may exceed it. Where gray photos use less than a
    quarter of that, or values are negative (temperatures, heights), the percentiles 0.1 and 99.9 of the
    capture are black and white.
    """
    name, has_colors = kind
    is_float = name.startswith("float")
    top = values.high if is_float else values.most
    whites = _FLOAT_WHITES if is_float else _INTEGER_WHITES
    white = next((white for white in whites if top <= white), top)
    is_narrow = values.high - values.low < _MIN_SPAN * white and not has_colors
    negative = values.low < -0.01 * white if is_float else values.least < 0
    if (negative or is_narrow) and values.low < values.high:
        words = f"values {values.low:.6g} to {values.high:.6g} to 8 bits"
        return Levels(values.low, values.high, words)
    if is_float:
        return Levels(0.0, float(white), f"floating point, white {white:.6g}, to 8 bits")
    bits = int(white).bit_length()
    return Levels(0.0, float(white), f"{bits} bits to 8" if bits > 8 else "values up to 255 to 8 bits")


def scale(values: np.ndarray, levels: Levels) -> np.ndarray:
    """Values [H, W, C] as uint16: black is 0, white 65535, and what is not finite is black."""
    result = np.empty(values.shape, np.uint16)
    factor = _FULL / (levels.white - levels.black)
    for start in range(0, len(values), _ROWS_PER_BLOCK):
        rows = slice(start, start + _ROWS_PER_BLOCK)
        scaled = (values[rows].astype(np.float64) - levels.black) * factor
        result[rows] = np.nan_to_num(scaled, nan=0.0, posinf=0.0, neginf=0.0).clip(0, _FULL).round()
    return result


def to_8_bits(values: np.ndarray) -> np.ndarray:
    """uint16 of the full range as uint8, rounded."""
    result: np.ndarray = ((values.astype(np.uint32) + 128) // 257).astype(np.uint8)
    return result
