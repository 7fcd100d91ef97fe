"""Rows of f_rest that many Gaussians have in common, as after training with a palette."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

_GAUSSIANS_PER_ROW = 4
"""On average, from which on a scene has a palette already; a new one would add its errors to that one's."""


@dataclass(frozen=True, slots=True)
class DistinctRows:
    """rows float32 [P, K, 3], which all differ, and labels [N]: that of each Gaussian."""

    rows: np.ndarray
    labels: np.ndarray

    def select(self, index: np.ndarray) -> DistinctRows:
        """With the labels of the Gaussians at `index`: a permutation, indices [M] or a mask [N]."""
        return replace(self, labels=self.labels[index])

    @property
    def are_shared(self) -> bool:
        """Whether the scene has a palette, instead of Gaussians that agree by chance."""
        return len(self.rows) * _GAUSSIANS_PER_ROW <= len(self.labels)


def find_distinct_rows(shN: np.ndarray, seed: int) -> DistinctRows:
    """Those of f_rest [N, K, 3].

    A random projection finds equal rows in one sort. Where it maps different rows to one value, all are taken
    for different.
    """
    points = shN.reshape(len(shN), -1)
    direction = np.random.default_rng(seed).normal(size=points.shape[1])
    _, first, inverse = np.unique(points @ direction, return_index=True, return_inverse=True)
    if np.array_equal(points[first][inverse], points):
        return DistinctRows(shN[first], inverse)
    return DistinctRows(shN, np.arange(len(shN)))
