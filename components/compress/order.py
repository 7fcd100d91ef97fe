"""Order of the Gaussians in the file, which is free: spatial neighbors next to each other compress best."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

import numpy as np

from components.shared.sog.attributes import encode_means
from components.shared.sog.textures import encode_texture

OrderName = Literal["log-morton", "morton"]


def smallest_order(means: np.ndarray, codes: np.ndarray) -> tuple[OrderName, np.ndarray]:
    """Name and permutation [N] of the order whose position textures are the smallest.

    `means` are positions [N, 3], `codes` the quantized ones, uint16 [N, 3]. The other textures hardly depend
    on the order, since neighbors are close in each of them.
    """
    permutations = {name: np.argsort(keys(means, codes), kind="stable") for name, keys in _ORDERS.items()}
    name = min(permutations, key=lambda name: _encoded_bytes(codes[permutations[name]]))
    return name, permutations[name]


def morton_codes(integers: np.ndarray) -> np.ndarray:
    """Morton codes uint64 [N] of integers uint16 [N, 3]: their bits interleaved, x in the lowest bit."""
    x, y, z = (_spread_bits(integers[:, axis]) for axis in range(3))
    return x | y << np.uint64(1) | z << np.uint64(2)


def _log_morton(_: np.ndarray, codes: np.ndarray) -> np.ndarray:
    """Morton codes of the quantized positions, whose high bytes then stay equal over long stretches."""
    return morton_codes(codes)


def _morton(means: np.ndarray, _: np.ndarray) -> np.ndarray:
    """Morton codes of positions on a linear grid."""
    low = means.min(axis=0).astype(np.float64)
    span = max(float(np.max(means.max(axis=0) - low)), 1e-30)
    return morton_codes(((means - low) / span * 65535).astype(np.uint16))


_ORDERS: dict[OrderName, Callable[[np.ndarray, np.ndarray], np.ndarray]] = {
    "log-morton": _log_morton,
    "morton": _morton,
}
"""Functions of positions [N, 3] and codes [N, 3] that give the sort keys [N] of an order."""


def _encoded_bytes(codes: np.ndarray) -> int:
    limits = np.zeros(3)  # they do not change the textures
    textures = encode_means(codes, limits, limits).textures
    return sum(len(encode_texture(texels)) for texels in textures.values())


def _spread_bits(values: np.ndarray) -> np.ndarray:
    """16-bit values with two zero bits after each bit, uint64 [N]."""
    bits = values.astype(np.uint64)
    for shift, mask in ((16, 0xFF0000FF), (8, 0xF00F00F00F), (4, 0xC30C30C30C3), (2, 0x249249249249)):
        bits = (bits | bits << np.uint64(shift)) & np.uint64(mask)
    return bits
