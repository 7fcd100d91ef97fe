"""Matches of two photos' features: descriptors that are clearly nearest to each other.

The exact nearest ones, by matrix products. COLMAP 4.2.1's own search on the CPU is approximate, and on
several threads it is not repeatable: now and then a pair loses matches, or all of them (docs/results/sfm.md).
"""

from __future__ import annotations

import numpy as np

from components.sfm.matching.two_best import update_two_best

_MAX_RATIO = 0.8
"""Of the distances to the nearest and the second nearest descriptor (Lowe 2004), as COLMAP has it."""
_MAX_DISTANCE = 0.7 * 512
"""COLMAP's bound, for descriptors of length 512."""
_ROWS, _COLUMNS = 256, 2048
"""Of a block of products, which stays in a core's cache."""


def mutual_matches(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """Rows [K, 2], uint32, of descriptors that are nearest to each other and pass the ratio test both ways.

    first, second: SIFT descriptors [N, 128] and [M, 128], uint8.
    """
    queries, base = first.astype(np.float32), second.astype(np.float32)
    rows, nearest = _clear_nearest(queries, base)
    candidates = np.unique(nearest)
    back, nearest_back = _clear_nearest(base[candidates], queries)
    partner = np.full(len(base), -1)
    partner[candidates[back]] = nearest_back
    is_mutual = partner[nearest] == rows
    return np.stack([rows[is_mutual], nearest[is_mutual]], axis=1).astype(np.uint32)


def _clear_nearest(queries: np.ndarray, base: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Queries whose nearest descriptor of `base` is near and much nearer than any other, and that one's row.

    |q - b|² = |q|² - 2 (q·b - |b|²/2): the two nearest are those of the largest scores in parentheses. All
    terms are whole numbers or halves below 2^24 and thus exact in float32.
    """
    half_squares = 0.5 * (base**2).sum(axis=1)
    best, second = (np.full(len(queries), -np.inf, np.float32) for _ in range(2))
    nearest = np.full(len(queries), -1, np.int32)
    for left in range(0, len(base), _COLUMNS):
        columns, penalties = base[left : left + _COLUMNS], half_squares[left : left + _COLUMNS]
        for top in range(0, len(queries), _ROWS):
            block = slice(top, top + _ROWS)
            scores = queries[block] @ columns.T
            update_two_best(scores, penalties, left, best[block], second[block], nearest[block])
    squares = (queries**2).sum(axis=1)
    distances, others = squares - 2 * best, squares - 2 * second
    is_clear = (distances <= _MAX_DISTANCE**2) & (distances < _MAX_RATIO**2 * others)
    return np.flatnonzero(is_clear), nearest[is_clear]
