"""Rows of f_rest that many Gaussians have in common, as after training with a palette."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numba import njit

from components.shared.ranges import equal_ranges, run_ranges, take_rows

_GAUSSIANS_PER_ROW = 4
"""On average, from which on a scene has a palette already; a new one would add its errors to that one's."""


@dataclass(frozen=True, slots=True)
class DistinctRows:
    """rows float32 [P, K, 3], which all differ, and labels [N]: that of each Gaussian."""

    rows: np.ndarray
    labels: np.ndarray

    def select(self, index: np.ndarray) -> DistinctRows:
        """With the labels of the Gaussians at `index`: a permutation, indices [M] or a mask [N]."""
        return replace(self, labels=take_rows(self.labels, index))

    @property
    def are_shared(self) -> bool:
        """Whether the scene has a palette, instead of Gaussians that agree by chance."""
        return len(self.rows) * _GAUSSIANS_PER_ROW <= len(self.labels)


def find_distinct_rows(shN: np.ndarray, seed: int, most: int | None = None) -> DistinctRows | None:
    """Those of f_rest [N, K, 3], in the order of a random projection; None if there are more than `most`."""
    count = len(shN)
    points = np.ascontiguousarray(shN, np.float32).reshape(count, -1)
    words = points.view(np.uint32)
    hashes, labels = np.empty(count, np.uint64), np.empty(count, np.int64)
    run_ranges(_hash, equal_ranges(count), words, hashes)
    firsts = np.empty(count if most is None else min(count, most), np.int64)
    slots = np.zeros(1 << (2 * len(firsts)).bit_length(), np.int64)
    found = _label(words, hashes, slots, firsts, labels)
    if found < 0:
        return None
    firsts = firsts[:found]
    # k-means draws its first centers from the rows: the same ones, however the Gaussians are sorted.
    direction = np.random.default_rng(seed).normal(size=points.shape[1])
    order = np.argsort(points[firsts] @ direction, kind="stable")
    position = np.empty(found, np.int64)
    position[order] = np.arange(found)
    return DistinctRows(shN[firsts[order]], take_rows(position, labels))


@njit(cache=True, error_model="numpy", nogil=True)
def _hash(words: np.ndarray, hashes: np.ndarray, start: int, stop: int) -> None:
    """64 bits of each of the rows start:stop of words [N, D] (FNV-1a by words, and a last mix)."""
    for i in range(start, stop):
        value = np.uint64(0xCBF29CE484222325)
        for j in range(words.shape[1]):
            value = (value ^ np.uint64(words[i, j])) * np.uint64(0x100000001B3)
        hashes[i] = value ^ (value >> np.uint64(32))


@njit(cache=True, error_model="numpy", nogil=True)
def _label(
    words: np.ndarray, hashes: np.ndarray, slots: np.ndarray, firsts: np.ndarray, labels: np.ndarray
) -> int:
    """Number equal rows of words [N, D] alike, in order; -1 if `firsts`, the first row of each, is too short.

    slots [2^B]: zeros, a hash table of the numbers plus 1.
    """
    found, mask = 0, np.uint64(len(slots) - 1)
    for i in range(len(words)):
        slot = hashes[i] & mask
        while True:
            label = slots[slot] - 1
            if label < 0:
                if found == len(firsts):
                    return -1
                firsts[found], labels[i] = i, found
                found += 1
                slots[slot] = found
                break
            first = firsts[label]
            equal = 0
            while equal < words.shape[1] and words[first, equal] == words[i, equal]:
                equal += 1
            if equal == words.shape[1]:
                labels[i] = label
                break
            slot = (slot + np.uint64(1)) & mask
    return found
