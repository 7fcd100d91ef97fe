"""Directions that Gaussians are seen from, and colors that make up there for errors of f_rest."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from components.shared.ranges import in_ranges, take_rows
from components.shared.rasterize.conventions import SH_C0


@dataclass(frozen=True, slots=True)
class Directions:
    """Mean and covariance of the basis of f_rest over the directions that Gaussians are seen from.

    means [N, K] are each Gaussian's own. Neighbors share the rest, which saves memory: cells [N] are rows of
    cell_means [C, K] and of cell_covariances [C, K (K + 1) / 2], upper triangles by rows, or [C, 0] where
    only the means are known. float32.
    """

    means: np.ndarray
    cells: np.ndarray
    cell_means: np.ndarray
    cell_covariances: np.ndarray

    @property
    def has_covariances(self) -> bool:
        return self.cell_covariances.shape[1] > 0

    def select(self, index: np.ndarray) -> Directions:
        """Those of the Gaussians at `index`: a permutation, indices [M] or a mask [N]."""
        return replace(self, means=take_rows(self.means, index), cells=take_rows(self.cells, index))


def compensated_sh0(
    sh0: np.ndarray, shN: np.ndarray, delivered_shN: np.ndarray, directions: np.ndarray
) -> np.ndarray:
    """f_dc [N, 3] with which the mean color, over the directions of view, stays as it was.

    Palettes change f_rest [N, K, 3] much, and a Gaussian is seen from a part of all directions: directions
    [N, K] are the means of its basis.
    """
    compensated = np.empty(sh0.shape, np.float32)

    def compensate(start: int, stop: int) -> None:
        rows = slice(start, stop)
        errors = np.einsum("nk,nkc->nc", directions[rows], delivered_shN[rows] - shN[rows])
        compensated[rows] = sh0[rows] - errors / SH_C0

    in_ranges(compensate, len(sh0))
    return compensated
