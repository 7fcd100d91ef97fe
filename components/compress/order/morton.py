"""Morton order: along a curve that visits each octant, octant by octant, before the next (Morton 1966)."""

from __future__ import annotations

import numpy as np

_CELLS = 65535
"""Cells of the linear grid along the longest side, less one: what 16 bits hold."""


def morton_order(means: np.ndarray) -> np.ndarray:
    """Permutation [N] of positions [N, 3] by Morton code of the cell of a linear grid."""
    low = means.min(axis=0).astype(np.float64)
    span = max(float(np.max(means.max(axis=0) - low)), 1e-30)
    return np.argsort(morton_codes(((means - low) / span * _CELLS).astype(np.uint16)), kind="stable")


def log_morton_order(codes: np.ndarray) -> np.ndarray:
    """Permutation [N] of quantized positions, uint16 [N, 3], by their Morton code.

    Their high bytes, a texture of its own, then stay equal over long stretches.
    """
    return np.argsort(morton_codes(codes), kind="stable")


def morton_codes(integers: np.ndarray) -> np.ndarray:
    """Morton codes uint64 [N] of integers uint16 [N, 3]: their bits interleaved, x in the lowest bit."""
    x, y, z = (_spread_bits(integers[:, axis]) for axis in range(3))
    return x | y << np.uint64(1) | z << np.uint64(2)


def _spread_bits(values: np.ndarray) -> np.ndarray:
    """16-bit values with two zero bits after each bit, uint64 [N]."""
    bits = values.astype(np.uint64)
    for shift, mask in ((16, 0xFF0000FF), (8, 0xF00F00F00F), (4, 0xC30C30C30C3), (2, 0x249249249249)):
        bits = (bits | bits << np.uint64(shift)) & np.uint64(mask)
    return bits
