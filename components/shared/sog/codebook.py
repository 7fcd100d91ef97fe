"""Codebooks: 256 values that replace all values of an attribute, so that each takes one byte."""

from __future__ import annotations

import numpy as np

from components.shared.ranges import in_ranges
from components.shared.sog.meta import CODEBOOK_SIZE

_MAX_ITERATIONS = 100
_EMPTY_GAP = 1 / 8
"""A gap between values that would take more than this part of the entries gets one."""
_MAX_GAP_ENTRIES = 64
_MIN_IMPROVEMENT = 1e-4
"""Relative decrease of the squared error below which the iterations stop."""


def fit_codebook(values: np.ndarray, weights: np.ndarray | None = None) -> np.ndarray:
    """Codebook float64 [256], ascending, by weighted k-means in one dimension.

    `values` have any shape, `weights` the same one; without weights, all values count alike.
    """
    values, weights = _sorted(values.ravel(), weights)
    if np.count_nonzero(values[1:] != values[:-1]) < CODEBOOK_SIZE:
        distinct = values[np.flatnonzero(np.diff(values, prepend=-np.inf))]
        # Viewers require 256 entries, so the last value is repeated.
        return round_to_six_digits(np.pad(distinct, (0, CODEBOOK_SIZE - len(distinct)), mode="edge"))
    return round_to_six_digits(_lloyd(values, weights, _initial_entries(values)))


def quantize(codebook: np.ndarray, values: np.ndarray) -> np.ndarray:
    """Index of the nearest entry of an ascending codebook, uint8 in the shape of `values`."""
    edges, flat = (codebook[1:] + codebook[:-1]) / 2, values.ravel()
    indices = np.empty(len(flat), np.uint8)

    def find(start: int, stop: int) -> None:
        indices[start:stop] = np.searchsorted(edges, flat[start:stop])

    in_ranges(find, len(flat))
    return indices.reshape(values.shape)


def round_to_six_digits(entries: np.ndarray) -> np.ndarray:
    """Six digits are exact enough; with all of them `meta.json` would be a tenth of a small scene."""
    return np.array([float(f"{entry:.6g}") for entry in entries])


def _sorted(values: np.ndarray, weights: np.ndarray | None) -> tuple[np.ndarray, np.ndarray | None]:
    """Values ascending and their weights, float64 [N]; equal ones in the order that they come in."""
    if weights is None:  # their order says nothing, and a sort is ten times as fast as its permutation
        return np.sort(values).astype(np.float64), None
    order = np.argsort(values, kind="stable")
    return values[order].astype(np.float64), weights.ravel()[order].astype(np.float64)


def _initial_entries(values: np.ndarray) -> np.ndarray:
    """Entries float64 [256] whose density is the cube root of that of the sorted values.

    That is the optimum for fine quantization (Panter and Dite 1951).
    """
    quantiles = values[np.linspace(0, len(values) - 1, 16 * CODEBOOK_SIZE).astype(np.intp)]
    cost = np.concatenate([[0.0], np.cumsum(_limit_gaps(np.diff(quantiles) ** (2 / 3)))])
    return np.interp((np.arange(CODEBOOK_SIZE) + 0.5) / CODEBOOK_SIZE * cost[-1], cost, quantiles)


def _limit_gaps(gaps: np.ndarray) -> np.ndarray:
    """The costs of all gaps, those of gaps before a few extreme values reduced to that of one entry.

    Most entries between such values would have no members, and all other values would lose precision.
    """
    ordered = np.sort(gaps[gaps > 0.0])
    smaller = np.cumsum(ordered) - ordered
    # With fewer other gaps than entries, these few are all there is to spread the entries over.
    found = np.flatnonzero(ordered[CODEBOOK_SIZE:] > _EMPTY_GAP * smaller[CODEBOOK_SIZE:])
    if len(found) == 0:
        return gaps
    first = CODEBOOK_SIZE + found[0]
    count = len(ordered) - first
    entries = min(count, _MAX_GAP_ENTRIES)
    each = smaller[first] / (CODEBOOK_SIZE - entries) * entries / count
    return np.where(gaps >= ordered[first], each, gaps)


def _lloyd(values: np.ndarray, weights: np.ndarray | None, entries: np.ndarray) -> np.ndarray:
    """Entries after Lloyd's iterations; `values` are sorted, so that cells are ranges of cumulative sums."""
    if weights is None:
        mass, sums, total_square = None, _sums(values), float(np.sum(values**2))
    else:
        mass, sums = _sums(weights), _sums(weights * values)
        total_square = float(np.sum(weights * values**2))
    previous = np.inf
    for _ in range(_MAX_ITERATIONS):
        inner = np.searchsorted(values, (entries[1:] + entries[:-1]) / 2)
        edges = np.concatenate([[0], inner, [len(values)]])
        cell_mass, cell_sum = np.diff(edges if mass is None else mass[edges]), np.diff(sums[edges])
        is_used = cell_mass > 0
        entries = np.where(is_used, cell_sum / np.where(is_used, cell_mass, 1.0), entries)
        error = total_square - float(np.sum(cell_sum[is_used] ** 2 / cell_mass[is_used]))
        if previous - error <= _MIN_IMPROVEMENT * previous:
            break
        previous = error
    return entries


def _sums(values: np.ndarray) -> np.ndarray:
    """Of the first 0, 1, … N values, [N + 1]."""
    sums = np.zeros(len(values) + 1)
    np.cumsum(values, out=sums[1:])
    return sums
