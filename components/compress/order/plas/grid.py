"""The interface of the grids: N elements with C features each, arranged in a picture."""

from __future__ import annotations

from typing import Any, Protocol

import numpy as np

from components.compress.order.plas.tiling import Tiling


class Grid(Protocol):
    """Elements in row-major order from the top left; the last texels may be empty and stay so."""

    shape: tuple[int, int]
    """Height and width in texels."""

    def aim(self, radius: int) -> float:
        """Let the blurred picture be the target; return the squared distance of the picture to it."""

    def draw_groups(self, texels: int) -> Any:
        """Indices [G, 4] of random groups of the texels of a block, on the grid's device."""

    def assign(self, tiling: Tiling, groups: Any) -> float:
        """Permute each group of each block for the least squared distance to the target; return the gain."""

    def order(self) -> np.ndarray:
        """Indices [N] of the elements, texel by texel."""


def texels_of_holes(count: int, shape: tuple[int, int]) -> tuple[np.ndarray, np.ndarray]:
    """Empty texels, and for each the one above it, whose features it borrows: blurring then sees no edge."""
    holes = np.arange(count, shape[0] * shape[1])
    return holes, np.maximum(holes - shape[1], 0)


def half_kernels(radius: int, shape: tuple[int, int]) -> tuple[int, int]:
    """Half widths along y and x of a filter of `2 * radius + 1` texels, smaller than the picture."""
    height, width = (max(0, min(radius, (length - 2) // 2)) for length in shape)
    return height, width
