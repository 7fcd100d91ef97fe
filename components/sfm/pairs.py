"""Which photos to compare with which, as pairs of their indices, the smaller first."""

from __future__ import annotations

from itertools import combinations

import numpy as np

_OVERLAP = 10
_JUMPS = (16, 32, 64)
_KEYFRAME_EVERY = 8
_NEIGHBOURS = 24

Pair = tuple[int, int]


def exhaustive_pairs(count: int) -> list[Pair]:
    return list(combinations(range(count), 2))


def sequential_pairs(count: int) -> list[Pair]:
    """Each photo with the next few and with ones at doubling distances; all keyframes with each other.

    The keyframes close loops: a walk that comes back to its start is recognised.
    """
    offsets = (*range(1, _OVERLAP + 1), *_JUMPS)
    near = {(i, i + offset) for i in range(count) for offset in offsets if i + offset < count}
    keyframes = set(combinations(range(0, count, _KEYFRAME_EVERY), 2))
    return sorted(near | keyframes)


def nearest_pairs(positions: np.ndarray, neighbours: int = _NEIGHBOURS) -> list[Pair]:
    """Each photo with its nearest ones by place; positions [N, 3] in metres."""
    pairs: set[Pair] = set()
    for i, position in enumerate(positions):
        distances = np.linalg.norm(positions - position, axis=1)
        distances[i] = np.inf
        nearest = np.argsort(distances, kind="stable")[: min(neighbours, len(positions) - 1)]
        pairs.update((min(i, int(j)), max(i, int(j))) for j in nearest)
    return sorted(pairs)
