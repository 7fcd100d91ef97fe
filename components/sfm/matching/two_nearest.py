"""The kernels of `nearest_descriptors`; they do not hold Python's lock."""

from __future__ import annotations

import numpy as np
from numba import njit

LANES = 32
"""Groups of columns, by their number modulo 32: a loop over them becomes vector instructions."""
NONE = -1
"""In place of a column where there is none."""


@njit(cache=True, nogil=True, error_model="numpy", fastmath={"nnan", "nsz"})
def update_best_of_lanes(
    scores: np.ndarray, penalties: np.ndarray, start: int, best: np.ndarray, starts: np.ndarray
) -> None:
    """Take a block of scores into the best one of each row and lane, in place.

    scores: [N, M] float32, of which `penalties` [M] are subtracted; `start`, a multiple of 32, is the number
    of their first column. best: [N, 32] float32; starts: [N, 32] int32, columns of the best less their lanes.
    """
    whole = scores.shape[1] // LANES * LANES
    row_best, row_starts = np.empty(LANES, np.float32), np.empty(LANES, np.int32)
    for row in range(scores.shape[0]):
        row_best[:], row_starts[:] = best[row], starts[row]
        for left in range(0, whole, LANES):
            for lane in range(LANES):  # without branches
                score = scores[row, left + lane] - penalties[left + lane]
                is_better = score > row_best[lane]
                row_starts[lane] = np.int32(start + left) if is_better else row_starts[lane]
                row_best[lane] = score if is_better else row_best[lane]
        for lane in range(scores.shape[1] - whole):
            score = scores[row, whole + lane] - penalties[whole + lane]
            if score > row_best[lane]:
                row_best[lane], row_starts[lane] = score, start + whole
        best[row], starts[row] = row_best, row_starts


@njit(cache=True, nogil=True, error_model="numpy")
def two_nearest(
    queries: np.ndarray, base: np.ndarray, candidates: np.ndarray, nearest: np.ndarray, squares: np.ndarray
) -> None:
    """Of each query's candidates the nearest, and the squared distances to it and to the second nearest.

    queries, base: [N, D] and [M, D], uint8. candidates: [N, K], rows of `base` or NONE.
    nearest: [N] int32, of equals the first row; squares: [N, 2] int32.
    """
    farthest = np.iinfo(np.int32).max
    for row in range(len(queries)):
        first, second, found = farthest, farthest, NONE
        for candidate in candidates[row]:
            if candidate == NONE:
                continue
            square = _squared_distance(queries[row], base[candidate])
            if square < first or (square == first and candidate < found):
                first, second, found = square, first, candidate
            elif square < second:
                second = square
        nearest[row], squares[row, 0], squares[row, 1] = found, first, second


@njit(cache=True, nogil=True, error_model="numpy")
def _squared_distance(first: np.ndarray, second: np.ndarray) -> int:
    total = 0
    for index in range(len(first)):
        difference = int(first[index]) - int(second[index])
        total += difference * difference
    return total
