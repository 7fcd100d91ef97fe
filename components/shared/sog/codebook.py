"""Codebooks: the 256 numbers that stand for all values of an attribute."""

from __future__ import annotations

import numpy as np

from components.shared.sog.meta import CODEBOOK_SIZE

_MAX_ITERATIONS = 100
_SMALLEST_GAIN = 1e-4
"""Stop when an iteration lowers the squared error by less than this part."""


def fit_codebook(values: np.ndarray, weights: np.ndarray | None = None) -> np.ndarray:
    """256 finite numbers, ascending, float64: k-means in one dimension, for the least squared error."""
    values = values.ravel()
    rank = np.argsort(values, kind="stable")
    values = values[rank].astype(np.float64)
    weights = np.ones(len(values)) if weights is None else weights.ravel()[rank].astype(np.float64)
    distinct = np.unique(values)
    if len(distinct) <= CODEBOOK_SIZE:
        # Viewers need 256 entries, also where fewer say everything.
        return _shortened(np.pad(distinct, (0, CODEBOOK_SIZE - len(distinct)), mode="edge"))
    return _shortened(_lloyd(values, weights, _first_guess(values)))


def nearest(codebook: np.ndarray, values: np.ndarray) -> np.ndarray:
    """Index of the nearest entry of an ascending codebook, uint8 in the shape of `values`."""
    return np.searchsorted((codebook[1:] + codebook[:-1]) / 2, values).astype(np.uint8)


def _shortened(entries: np.ndarray) -> np.ndarray:
    """Six digits are exact enough, and keep `meta.json` from being a tenth of a small scene."""
    return np.array([float(f"{entry:.6g}") for entry in entries])


def _first_guess(values: np.ndarray) -> np.ndarray:
    """Entries as dense as the cube root of the values' density, the optimum for fine quantization."""
    quantiles = values[np.linspace(0, len(values) - 1, 16 * CODEBOOK_SIZE).astype(np.intp)]
    cost = np.concatenate([[0.0], np.cumsum(np.diff(quantiles) ** (2 / 3))])
    return np.interp((np.arange(CODEBOOK_SIZE) + 0.5) / CODEBOOK_SIZE * cost[-1], cost, quantiles)


def _lloyd(values: np.ndarray, weights: np.ndarray, entries: np.ndarray) -> np.ndarray:
    """Sorted values make each iteration a lookup of 255 boundaries in cumulative sums."""
    mass = np.concatenate([[0.0], np.cumsum(weights)])
    sums = np.concatenate([[0.0], np.cumsum(weights * values)])
    spread = float(np.sum(weights * values**2))
    previous = np.inf
    for _ in range(_MAX_ITERATIONS):
        inner = np.searchsorted(values, (entries[1:] + entries[:-1]) / 2)
        edges = np.concatenate([[0], inner, [len(values)]])
        cell_mass, cell_sum = np.diff(mass[edges]), np.diff(sums[edges])
        is_used = cell_mass > 0
        entries = np.where(is_used, cell_sum / np.where(is_used, cell_mass, 1.0), entries)
        error = spread - float(np.sum(cell_sum[is_used] ** 2 / cell_mass[is_used]))
        if previous - error <= _SMALLEST_GAIN * previous:
            break
        previous = error
    return entries
