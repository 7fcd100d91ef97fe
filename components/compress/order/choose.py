"""Choose the order of the Gaussians in the file: by name, or the one whose positions compress best."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Literal

import numpy as np

from components.compress.order.hilbert import hilbert_order
from components.compress.order.morton import log_morton_order, morton_order
from components.shared.resources import available_cpus
from components.shared.sog.attributes import encode_means
from components.shared.sog.textures import encode_texture

OrderName = Literal["hilbert", "log-morton", "morton"]

_ORDERS: dict[OrderName, Callable[[np.ndarray, np.ndarray], np.ndarray]] = {
    "hilbert": lambda _, codes: hilbert_order(codes),
    "log-morton": lambda _, codes: log_morton_order(codes),
    "morton": lambda means, _: morton_order(means),
}
"""Functions of positions [N, 3] and their codes [N, 3] that give the permutation [N]."""


def choose_order(
    name: OrderName | Literal["auto"], means: np.ndarray, codes: np.ndarray
) -> tuple[OrderName, np.ndarray]:
    """Name and permutation [N] of an order; of the smallest one, if the name is `auto`.

    `means` are positions [N, 3], `codes` the quantized ones, uint16 [N, 3]. The smallest is that of the
    smallest position textures. The others hardly differ, since neighbors in space are neighbors in each.
    """
    if name != "auto":
        return name, _ORDERS[name](means, codes)
    permutations = {each: order(means, codes) for each, order in _ORDERS.items()}
    with ThreadPoolExecutor(available_cpus()) as pool:  # Pillow releases the GIL while it encodes
        sizes = list(pool.map(lambda permutation: _encoded_bytes(codes[permutation]), permutations.values()))
    best = min(zip(sizes, permutations, strict=True), key=lambda pair: pair[0])[1]
    return best, permutations[best]


def _encoded_bytes(codes: np.ndarray) -> int:
    limits = np.zeros(3)  # they do not change the textures
    textures = encode_means(codes, limits, limits).textures
    return sum(len(encode_texture(texels)) for texels in textures.values())
