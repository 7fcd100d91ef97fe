"""Which photos to compare with which."""

from __future__ import annotations

from itertools import combinations

import numpy as np

_OVERLAP = 10
_KEYFRAME_EVERY = 8

Pair = tuple[str, str]


def exhaustive_pairs(names: list[str]) -> list[Pair]:
    return list(combinations(names, 2))


def sequential_pairs(names: list[str]) -> list[Pair]:
    """Each photo with the next few and with ones at doubling distances; all keyframes with each other.

    The keyframes close loops: a walk that comes back to its start is recognised.
    """
    last = len(names) - 1
    offsets = [*range(1, _OVERLAP + 1), *(2**k for k in range(4, 7))]
    near = {(i, i + offset) for i in range(len(names)) for offset in offsets if i + offset <= last}
    keyframes = set(combinations(range(0, len(names), _KEYFRAME_EVERY), 2))
    return [(names[i], names[j]) for i, j in sorted(near | keyframes)]


def nearest_pairs(names: list[str], positions: np.ndarray, neighbours: int = 24) -> list[Pair]:
    """Each photo with its nearest ones by place; positions [N, 3] in metres."""
    pairs: set[tuple[int, int]] = set()
    for i, position in enumerate(positions):
        distances = np.linalg.norm(positions - position, axis=1)
        nearest = np.argsort(distances, kind="stable")[1 : neighbours + 1]
        pairs.update((min(i, int(j)), max(i, int(j))) for j in nearest)
    return [(names[i], names[j]) for i, j in sorted(pairs)]
