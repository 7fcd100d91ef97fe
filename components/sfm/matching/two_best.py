"""The kernel of `nearest_descriptors`; it does not hold Python's lock."""

from __future__ import annotations

import numpy as np
from numba import njit

_LANES = 32
"""Columns at a time: the compiler turns a loop of fixed length without branches into vector instructions."""


@njit(cache=True, nogil=True, error_model="numpy", fastmath={"nnan", "nsz"})
def update_two_best(
    scores: np.ndarray,
    penalties: np.ndarray,
    start: int,
    best: np.ndarray,
    second: np.ndarray,
    columns: np.ndarray,
) -> None:
    """Take a block of scores into the two best of each row, in place.

    scores: [N, M] float32, of which `penalties` [M] are subtracted; `start` is the number of their first
    column. best, second: [N] float32, the two best of the columns before, and of these after the call.
    columns: [N] int32, those of `best`; of equal scores the first.
    """
    whole = scores.shape[1] // _LANES * _LANES
    lane_best, lane_second = np.empty(_LANES, np.float32), np.empty(_LANES, np.float32)
    lane_columns = np.empty(_LANES, np.int32)
    for row in range(scores.shape[0]):
        lane_best[:] = lane_second[:] = -np.inf
        lane_columns[:] = -1
        for left in range(0, whole, _LANES):
            for lane in range(_LANES):
                score = scores[row, left + lane] - penalties[left + lane]
                known = lane_best[lane]
                lane_second[lane] = max(lane_second[lane], min(known, score))
                lane_columns[lane] = left if score > known else lane_columns[lane]
                lane_best[lane] = max(known, score)
        for lane in range(_LANES):
            _take(row, lane_best[lane], start + lane_columns[lane] + lane, best, second, columns)
            second[row] = max(second[row], lane_second[lane])
        for column in range(whole, scores.shape[1]):
            _take(row, scores[row, column] - penalties[column], start + column, best, second, columns)


@njit(cache=True, nogil=True, error_model="numpy")
def _take(
    row: int, score: float, column: int, best: np.ndarray, second: np.ndarray, columns: np.ndarray
) -> None:
    if score > best[row] or (score == best[row] and column < columns[row]):
        second[row], best[row], columns[row] = best[row], score, column
    elif score > second[row]:
        second[row] = score
