"""Directions that Gaussians are seen from, and colors that make up there for errors of f_rest."""

from __future__ import annotations

import numpy as np
from numba import njit

from components.shared.rasterize.conventions import SH_C0
from components.shared.rasterize.numba_backend.parallel import equal_ranges, run_ranges
from components.shared.rasterize.numba_backend.spherical_harmonics import sh_basis
from components.shared.rasterize.numba_backend.vectors import norm3


def add_directions(
    means: np.ndarray, center: np.ndarray, rows: np.ndarray, weights: np.ndarray, sums: np.ndarray
) -> None:
    """Add weights [M] times the basis towards a camera's center [3] to sums [N, K], in rows [M] of them."""
    if sums.shape[1]:
        run_ranges(_add_directions, equal_ranges(len(rows)), means, center, rows, weights, sums)


def compensated_sh0(
    sh0: np.ndarray, shN: np.ndarray, delivered_shN: np.ndarray, directions: np.ndarray
) -> np.ndarray:
    """f_dc [N, 3] with which the mean color, over the directions of view, stays as it was.

    Palettes change f_rest [N, K, 3] much, and a Gaussian is seen from a part of all directions.
    """
    errors = np.einsum("nk,nkc->nc", directions, delivered_shN - shN)
    return (sh0 - errors / SH_C0).astype(np.float32)


@njit(cache=True, error_model="numpy", nogil=True)
def _add_directions(
    means: np.ndarray,
    center: np.ndarray,
    rows: np.ndarray,
    weights: np.ndarray,
    sums: np.ndarray,
    start: int,
    stop: int,
) -> None:
    coefficients = sums.shape[1]
    degree = 1 if coefficients == 3 else 2 if coefficients == 8 else 3
    basis = np.empty(16)
    for index in range(start, stop):
        row = rows[index]
        x, y, z = means[row, 0] - center[0], means[row, 1] - center[1], means[row, 2] - center[2]
        distance = norm3((x, y, z))
        sh_basis(degree, (x / distance, y / distance, z / distance), basis)
        for k in range(coefficients):
            sums[row, k] += weights[index] * basis[k + 1]
