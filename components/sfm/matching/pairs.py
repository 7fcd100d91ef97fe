"""Pairs of photos to match, as pairs of their indices, the smaller first."""

from __future__ import annotations

from itertools import combinations

import numpy as np

from components.sfm.capture import CapturePhoto
from components.sfm.world.gps import local_metres
from components.shared.contracts.scene import Matching

_OVERLAP = 10
_JUMPS = (16, 32, 64)
_KEYFRAME_EVERY = 8
_NEIGHBOURS = 24

Pair = tuple[int, int]


def pairs_to_match(photos: list[CapturePhoto], matching: Matching) -> list[Pair]:
    """The pairs of a way of matching; spatial matching needs the GPS of all photos."""
    if matching == Matching.SEQUENTIAL:
        return sequential_pairs(len(photos))
    if matching == Matching.SPATIAL:
        return nearest_pairs(local_metres([photo.gps for photo in photos if photo.gps]))
    return exhaustive_pairs(len(photos))


def exhaustive_pairs(count: int) -> list[Pair]:
    """All pairs."""
    return list(combinations(range(count), 2))


def sequential_pairs(count: int) -> list[Pair]:
    """Each photo with the next ten and with those at distances of 16, 32 and 64; all pairs of keyframes.

    Every eighth photo is a keyframe. Their pairs close loops: a walk that returns to its start is recognised.
    """
    offsets = (*range(1, _OVERLAP + 1), *_JUMPS)
    near = {(i, i + offset) for i in range(count) for offset in offsets if i + offset < count}
    keyframes = set(combinations(range(0, count, _KEYFRAME_EVERY), 2))
    return sorted(near | keyframes)


def nearest_pairs(positions: np.ndarray, neighbours: int = _NEIGHBOURS) -> list[Pair]:
    """Each photo with its nearest neighbours; positions [N, 3] in metres."""
    pairs: set[Pair] = set()
    for i, position in enumerate(positions):
        distances = np.linalg.norm(positions - position, axis=1)
        distances[i] = np.inf
        nearest = np.argsort(distances, kind="stable")[: min(neighbours, len(positions) - 1)]
        pairs.update((min(i, int(j)), max(i, int(j))) for j in nearest)
    return sorted(pairs)
