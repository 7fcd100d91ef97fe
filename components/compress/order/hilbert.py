"""Hilbert order: octant by octant as in Morton order, but the curve never jumps (Hilbert 1891)."""

from __future__ import annotations

import numpy as np

from components.compress.order.morton import morton_codes
from components.shared.ranges import in_ranges, stable_argsort

_BITS = 16


def hilbert_order(codes: np.ndarray) -> np.ndarray:
    """Permutation [N] of quantized positions, uint16 [N, 3], along the Hilbert curve."""
    return stable_argsort(hilbert_codes(codes))


def hilbert_codes(integers: np.ndarray) -> np.ndarray:
    """Distances along the Hilbert curve, uint64 [N], of integers uint16 [N, 3].

    By Skilling, "Programming the Hilbert curve", 2004: each octant, from the largest down, turns or
    mirrors what lies below it; the interleaved bits are then a Gray code.
    """
    codes = np.empty(len(integers), np.uint64)

    def fill(start: int, stop: int) -> None:
        codes[start:stop] = _codes(integers[start:stop])

    in_ranges(fill, len(integers))
    return codes


def _codes(integers: np.ndarray) -> np.ndarray:
    axes = integers.T.copy()
    for level in range(_BITS - 1, 0, -1):
        bit, below = np.uint16(1 << level), np.uint16((1 << level) - 1)
        for axis in range(3):
            is_upper = (axes[axis] & bit) != 0
            exchanged = np.where(is_upper, np.uint16(0), (axes[0] ^ axes[axis]) & below)
            axes[0] ^= np.where(is_upper, below, exchanged)
            axes[axis] ^= exchanged
    axes[1] ^= axes[0]
    axes[2] ^= axes[1]
    axes ^= _parity_above(axes[2])
    return morton_codes(axes[::-1].T)


def _parity_above(values: np.ndarray) -> np.ndarray:
    """Integers uint16 [N] of which each bit is the parity of the higher bits of `values`."""
    parity = values >> 1
    for shift in (1, 2, 4, 8):
        parity ^= parity >> shift
    return parity
