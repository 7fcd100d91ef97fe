"""The order of Gaussians in the file is free: neighbours in space next to each other compress best."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from components.shared.sog.means import encode_means
from components.shared.sog.textures import encode_texture

Order = Callable[[np.ndarray, np.ndarray], np.ndarray]
"""Sort keys [N] of positions [N, 3] and their codes, uint16 [N, 3]."""


def log_morton(_: np.ndarray, codes: np.ndarray) -> np.ndarray:
    """Along the Morton curve of the integers that are stored: their high bytes stay equal for long."""
    return _interleaved(codes)


def morton(means: np.ndarray, _: np.ndarray) -> np.ndarray:
    """Along the Morton curve of space itself."""
    low = means.min(axis=0).astype(np.float64)
    span = max(float(np.max(means.max(axis=0) - low)), 1e-30)
    return _interleaved(((means - low) / span * 65535).astype(np.uint16))


ORDERS: dict[str, Order] = {"log-morton": log_morton, "morton": morton}


def smallest_order(means: np.ndarray, codes: np.ndarray) -> tuple[str, np.ndarray]:
    """Name and permutation of the order whose textures of positions are the smallest.

    The other textures hardly depend on it: neighbours are neighbours on each of these curves.
    """
    trials = {name: np.argsort(keys(means, codes), kind="stable") for name, keys in ORDERS.items()}
    name = min(trials, key=lambda name: _bytes(codes[trials[name]]))
    return name, trials[name]


def _bytes(codes: np.ndarray) -> int:
    ends = np.zeros(3)
    return sum(len(encode_texture(texels)) for texels in encode_means(codes, ends, ends).textures.values())


def _interleaved(codes: np.ndarray) -> np.ndarray:
    """Bits of three integers in turn, uint64 [N]."""
    x, y, z = (_spread(codes[:, axis]) for axis in range(3))
    return x | y << np.uint64(1) | z << np.uint64(2)


def _spread(values: np.ndarray) -> np.ndarray:
    """Two empty bits between any two of 16 bits."""
    bits = values.astype(np.uint64)
    for shift, mask in ((16, 0xFF0000FF), (8, 0xF00F00F00F), (4, 0xC30C30C30C3), (2, 0x249249249249)):
        bits = (bits | bits << np.uint64(shift)) & np.uint64(mask)
    return bits
