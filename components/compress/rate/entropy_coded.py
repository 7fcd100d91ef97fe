"""Entropy-constrained quantization: codes whose error and whose bits cost the least in sum.

Chou, Lookabaugh and Gray, "Entropy-constrained vector quantization", 1989, in one dimension. A code's bits
are those of an ideal coder that knows how often each code occurs; lossless WebP comes close.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numba import njit

from components.shared.ranges import equal_ranges, in_ranges, run_ranges
from components.shared.sog.codebook import quantize

_ROUNDS = 3
"""Times that codes are chosen and counted in turn; more change little."""
_LOW_CODES = 256
_REACH = 64
"""Largest distance that a position moves, in steps of its 16-bit code."""


@dataclass(frozen=True, slots=True)
class Tradeoff:
    """weights: what a squared error of 1 costs, in the shape of the values; bit_cost: what a bit costs.

    reach: largest error for the sake of fewer bits, where the square does not hold for larger ones.
    """

    weights: np.ndarray
    bit_cost: float
    reach: float = math.inf


def choose_entries(
    entries: np.ndarray, values: np.ndarray, tradeoff: Tradeoff, *, fixed: bool = False
) -> tuple[np.ndarray, np.ndarray]:
    """Ascending entries float64 [K] with K <= 256, and an index uint8 for each of `values`.

    `entries` ascend; they move to the weighted means of their values, unless they are `fixed`.
    """
    flat, weights = _in_a_row(values), _in_a_row(tradeoff.weights)
    indices = quantize(entries, flat)
    for _ in range(_ROUNDS):
        counts = _counts(indices, len(entries))
        run_ranges(
            _choose,
            equal_ranges(len(flat)),
            *(entries, flat, weights, _bits(counts) * tradeoff.bit_cost, tradeoff.reach, indices),
        )
        if not fixed:
            entries = _weighted_means(entries, flat, weights, indices)
    return entries, indices.reshape(values.shape)


def _in_a_row(values: np.ndarray) -> np.ndarray:
    """Values of any shape as float64 [N], copied on all cores unless they are so already."""
    if values.dtype == np.float64 and values.flags.c_contiguous:
        return values.reshape(-1)
    copied = np.empty(values.shape)

    def copy(start: int, stop: int) -> None:
        copied[start:stop] = values[start:stop]

    in_ranges(copy, len(values))
    return copied.reshape(-1)


def snap_codes(positions: np.ndarray, tradeoff: Tradeoff) -> np.ndarray:
    """Codes uint16 [N, 3] near `positions`, float64 [N, 3] in steps of the codes.

    The low byte, a texture of its own, is what costs bits: it becomes a multiple of a power of 2 where that
    is not seen. To begin with, such bytes are taken for frequent.
    """
    trailing_zeros = np.array([8, *(((each & -each).bit_length() - 1) for each in range(1, _LOW_CODES))])
    counts = 2.0 ** np.minimum(trailing_zeros, 6)
    codes = np.empty(positions.shape, np.uint16)
    for _ in range(_ROUNDS):
        cost = _bits(counts) * tradeoff.bit_cost
        run_ranges(_snap, equal_ranges(len(codes)), positions, tradeoff.weights, cost, codes)
        counts = _counts(codes.ravel(), _LOW_CODES)
    return codes


def _counts(codes: np.ndarray, number: int) -> np.ndarray:
    """How often each code below `number` occurs in `codes` [N], of which the low byte counts."""
    bounds = equal_ranges(len(codes))
    counts = np.zeros((len(bounds) - 1, _LOW_CODES), np.int64)
    run_ranges(_count, range(len(bounds)), codes, np.array(bounds), counts)
    return counts.sum(axis=0)[:number]


def _bits(counts: np.ndarray) -> np.ndarray:
    """Bits of each code that occurs `counts` times; one that does not occur could occur half a time."""
    return np.asarray(np.log2(counts.sum()) - np.log2(np.maximum(counts, 0.5)))


def _weighted_means(
    entries: np.ndarray, values: np.ndarray, weights: np.ndarray, indices: np.ndarray
) -> np.ndarray:
    """The entries at the means of their values; unused ones stay, and all still ascend."""
    mass, sums = np.zeros(len(entries)), np.zeros(len(entries))
    _add(values, weights, indices, mass, sums)
    return np.maximum.accumulate(np.where(mass > 0.0, sums / np.where(mass > 0.0, mass, 1.0), entries))


@njit(cache=True, error_model="numpy", nogil=True)
def _count(codes: np.ndarray, bounds: np.ndarray, counts: np.ndarray, start: int, stop: int) -> None:
    """Count low bytes of codes in each of the ranges start:stop of `bounds` [R + 1], in counts [R, 256]."""
    for part in range(start, stop):
        for i in range(bounds[part], bounds[part + 1]):
            counts[part, codes[i] & 255] += 1


@njit(cache=True, error_model="numpy", nogil=True)
def _add(
    values: np.ndarray, weights: np.ndarray, indices: np.ndarray, mass: np.ndarray, sums: np.ndarray
) -> None:
    """Add the weights, and weights times values, at each index; one after the other, to the same bits."""
    for i in range(len(values)):
        mass[indices[i]] += weights[i]
        sums[indices[i]] += weights[i] * values[i]


@njit(cache=True, error_model="numpy", nogil=True)
def _distance_to_nearest(entries: np.ndarray, above: int, value: float) -> float:
    """`above`: the first entry that is not below the value."""
    distance = np.inf
    if above < len(entries):
        distance = entries[above] - value
    if above > 0:
        distance = min(distance, value - entries[above - 1])
    return distance


@njit(cache=True, error_model="numpy", nogil=True)
def _choose(
    entries: np.ndarray,
    values: np.ndarray,
    weights: np.ndarray,
    costs: np.ndarray,
    reach: float,
    indices: np.ndarray,
    start: int,
    stop: int,
) -> None:
    """The index with the smallest sum of error and cost, for the values start:stop, in place of any other.

    No entry farther away than `reach` is taken, but for the nearest.
    """
    cheapest = costs.min()  # what any code costs at least
    for i in range(start, stop):
        above = int(indices[i])  # near, as it was the best before
        while above < len(entries) and entries[above] < values[i]:
            above += 1
        while above > 0 and entries[above - 1] >= values[i]:
            above -= 1
        farthest = max(reach, _distance_to_nearest(entries, above, values[i]))
        best, index = np.inf, 0
        for step, first, end in ((1, above, len(entries)), (-1, above - 1, -1)):
            for at in range(first, end, step):
                error = weights[i] * (entries[at] - values[i]) ** 2
                if error + cheapest >= best or abs(entries[at] - values[i]) > farthest:
                    break
                if error + costs[at] < best:
                    best, index = error + costs[at], at
        indices[i] = index


@njit(cache=True, error_model="numpy", nogil=True)
def _snap(
    positions: np.ndarray, weights: np.ndarray, costs: np.ndarray, codes: np.ndarray, start: int, stop: int
) -> None:
    """The code with the smallest sum of error and cost of its low byte, for the rows start:stop."""
    cheapest = costs.min()
    for i in range(start, stop):
        for axis in range(3):
            position, weight = positions[i, axis], weights[i, axis]
            nearest = int(np.rint(position))
            best, chosen = np.inf, nearest
            for distance in range(_REACH + 1):
                if weight * max(0.0, distance - 0.5) ** 2 + cheapest >= best:
                    break
                for code in (nearest - distance, nearest + distance):
                    if 0 <= code <= 65535:
                        total = weight * (code - position) ** 2 + costs[code & 255]
                        if total < best:
                            best, chosen = total, code
            codes[i, axis] = chosen
