"""Matches of two photos' features: descriptors that are clearly nearest to each other.

Candidates for the nearest ones are found in few dimensions, by matrix products; their distances decide.
COLMAP 4.2.1's own search on the CPU takes longer, and on several threads it is not repeatable: now and then
a pair loses matches, or all of them (docs/results/sfm.md).
"""

from __future__ import annotations

import numpy as np

from components.sfm.matching.two_nearest import LANES, NONE, two_nearest, update_best_of_lanes

_MAX_RATIO = 0.8
"""Of the distances to the nearest and the second nearest descriptor (Lowe 2004), as COLMAP has it."""
_MAX_DISTANCE = 0.7 * 512
"""COLMAP's bound, for descriptors of length 512."""
_AXES = 32
"""Of 128. They find all matches of an exhaustive search, 36,394 of 151 pairs of bonsai, and all but one of
51,946 of 55 pairs of castle. A second nearest one may be missed, so that 0.6 % more pass the ratio test."""
_ROWS, _COLUMNS = 256, 2048
"""Of a block of products, which stays in a core's cache."""


def principal_axes(descriptors: np.ndarray) -> np.ndarray:
    """The directions [D, 32], float32, in which descriptors [N, D] of a photo differ most."""
    if len(descriptors) < 2:
        return np.eye(descriptors.shape[1], _AXES, dtype=np.float32)
    covariance = np.cov(descriptors.T.astype(np.float32))
    return np.linalg.eigh(covariance).eigenvectors[:, -_AXES:].astype(np.float32)


def mutual_matches(first: np.ndarray, second: np.ndarray, axes: np.ndarray) -> np.ndarray:
    """Rows [K, 2], uint32, of descriptors that are nearest to each other and pass the ratio test both ways.

    first, second: SIFT descriptors [N, 128] and [M, 128], uint8. axes: `principal_axes` of either photo.
    """
    short_first, short_second = (each.astype(np.float32) @ axes for each in (first, second))
    rows, nearest = _clear_nearest(first, second, _candidates(short_first, short_second))
    columns = np.unique(nearest)
    candidates = _candidates(short_second[columns], short_first)
    back, nearest_back = _clear_nearest(second[columns], first, candidates)
    partner = np.full(len(second), NONE)
    partner[columns[back]] = nearest_back
    is_mutual = partner[nearest] == rows
    return np.stack([rows[is_mutual], nearest[is_mutual]], axis=1).astype(np.uint32)


def _candidates(queries: np.ndarray, base: np.ndarray) -> np.ndarray:
    """For each query the nearest row of `base` in each lane, or NONE: [N, 32] int32; of [N, 32] and [M, 32].

    |q - b|² = |q|² - 2 (q·b - |b|²/2): the nearest has the largest score in parentheses.
    """
    penalties = 0.5 * (base**2).sum(axis=1)
    best = np.full((len(queries), LANES), -np.inf, np.float32)
    starts = np.full(best.shape, NONE, np.int32)
    for left in range(0, len(base), _COLUMNS):
        columns = slice(left, left + _COLUMNS)
        for top in range(0, len(queries), _ROWS):
            rows = slice(top, top + _ROWS)
            scores = queries[rows] @ base[columns].T
            update_best_of_lanes(scores, penalties[columns], left, best[rows], starts[rows])
    return np.where(starts == NONE, NONE, starts + np.arange(LANES, dtype=np.int32))


def _clear_nearest(
    queries: np.ndarray, base: np.ndarray, candidates: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Queries whose nearest candidate is near, and much nearer than the others, and that one's row."""
    nearest = np.empty(len(queries), np.int32)
    squares = np.empty((len(queries), 2), np.int32)
    two_nearest(queries, base, candidates, nearest, squares)
    is_near = squares[:, 0] <= _MAX_DISTANCE**2
    is_clear = is_near & (squares[:, 0] < _MAX_RATIO**2 * squares[:, 1])
    return np.flatnonzero(is_clear), nearest[is_clear]
