"""What encoding one attribute yields."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np


@dataclass(frozen=True, slots=True)
class Encoded:
    """One section of `meta.json`, and the textures that it names.

    A texture is uint8 [N, 4] with one texel per Gaussian, or an image uint8 [H, W, 4].
    """

    meta: dict[str, Any]
    textures: dict[str, np.ndarray]


def opaque(values: np.ndarray) -> np.ndarray:
    """Integers [N, 1 to 3] in [0, 255] to texels, uint8 [N, 4], with full alpha."""
    texels = np.zeros((len(values), 4), np.uint8)
    texels[:, : values.shape[1]] = values
    texels[:, 3] = 255
    return texels
