"""Sums over the directions of view of the basis of f_rest, and of its products.

The products are many, K (K + 1) / 2 of each direction: 16 Gaussians that follow one another have them in
common, and should be neighbors in space.
"""

from __future__ import annotations

import numpy as np
from numba import njit

from components.shared.ranges import equal_ranges, run_ranges
from components.shared.rasterize.numba_backend.spherical_harmonics import sh_basis
from components.shared.rasterize.numba_backend.vectors import norm3

CELL = 16
"""Gaussians. In 24 views that were not used the error of f_rest is 3 % above that of a cell for each."""


class BasisMoments:
    """firsts [N, K]: weighted sums of the basis, of each point; seconds [C, K (K + 1) / 2]: of its products.

    Seconds are upper triangles by rows, summed over the points of each cell of `cell` points; without
    `products` they are [C, 0], and adding takes a fifth of the time. float64.
    """

    def __init__(self, points: np.ndarray, coefficients: int, cell: int, *, products: bool = True) -> None:
        self._points, self._cell = points, cell
        self.firsts = np.zeros((len(points), coefficients))
        triangle = coefficients * (coefficients + 1) // 2 if products else 0
        self.seconds = np.zeros((-(-len(points) // cell), triangle))

    def add(self, center: np.ndarray, rows: np.ndarray, weights: np.ndarray) -> None:
        """Add the directions from a camera's center [3] to points at ascending rows [M], by weights [M]."""
        if self.firsts.shape[1]:
            cells = np.array(equal_ranges(len(self.seconds)))  # a cell belongs to one thread
            bounds = np.searchsorted(rows, cells * self._cell).tolist()
            arguments = (self._points, center, rows, weights, self._cell, self.firsts, self.seconds)
            run_ranges(_add, bounds, *arguments)


@njit(cache=True, error_model="numpy", nogil=True, fastmath={"contract"})
def _add(
    points: np.ndarray,
    center: np.ndarray,
    rows: np.ndarray,
    weights: np.ndarray,
    cell: int,
    firsts: np.ndarray,
    seconds: np.ndarray,
    start: int,
    stop: int,
) -> None:
    coefficients, has_products = firsts.shape[1], seconds.shape[1] > 0
    degree = 1 if coefficients == 3 else 2 if coefficients == 8 else 3
    basis = np.empty(16)
    for index in range(start, stop):
        row = rows[index]
        x, y, z = points[row, 0] - center[0], points[row, 1] - center[1], points[row, 2] - center[2]
        distance = norm3((x, y, z))
        sh_basis(degree, (x / distance, y / distance, z / distance), basis)
        first, second, at = firsts[row], seconds[row // cell], 0
        for k in range(coefficients):
            weighted = weights[index] * basis[k + 1]
            first[k] += weighted
            if has_products:
                for other in range(k, coefficients):
                    second[at + other - k] += weighted * basis[other + 1]
                at += coefficients - k
