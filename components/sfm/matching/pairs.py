"""Pairs of photos to match, as pairs of their indices, the smaller first."""

from __future__ import annotations

from itertools import combinations
from pathlib import Path

import numpy as np

from components.sfm.capture import CapturePhoto
from components.sfm.matching.retrieval import most_similar, photo_signatures
from components.sfm.world.positions import positions_of
from components.shared.contracts.scene import Matching

_SIMILAR, _NEXT, _NEAR = 16, 5, 12
"""Pairs of a photo with those most similar, those that follow it, and those nearest by position."""
_WIDER = 3
_BLOCK = 1024

Pair = tuple[int, int]


def pairs_to_match(
    photos: list[CapturePhoto], matching: Matching, database: Path, *, seed: int
) -> list[Pair]:
    """The pairs of a way of matching. `database` has the features of the photos.

    Retrieval: each photo with those that look most similar, the next in order, and the nearest by GPS.
    Views of one 360° photo are never paired.
    """
    frames = np.array([photo.frame for photo in photos])
    if matching == Matching.EXHAUSTIVE:
        pairs = set(combinations(range(len(photos)), 2))
    else:
        factor = _WIDER if matching == Matching.WIDE_RETRIEVAL else 1
        signatures = photo_signatures(database, [photo.id for photo in photos], seed=seed)
        pairs = _pairs_of(most_similar(signatures, frames, factor * _SIMILAR))
        pairs |= following_pairs(frames, factor * _NEXT) | _near_pairs(photos, factor * _NEAR)
    return sorted((i, j) for i, j in pairs if frames[i] != frames[j])


def following_pairs(frames: np.ndarray, following: int) -> set[Pair]:
    """Each photo with the next ones in order; each view of a 360° photo with the same one of the next.

    frames: [N], equal for the views of one 360° photo.
    """
    views = [np.flatnonzero(frames == frame) for frame in dict.fromkeys(frames.tolist())]
    return {
        (int(i), int(j))
        for index, first in enumerate(views)
        for second in views[index + 1 : index + 1 + following]
        for i, j in zip(first, second, strict=False)
    }


def nearest_pairs(positions: np.ndarray, neighbours: int) -> set[Pair]:
    """Each position [N, 3] with its nearest neighbours."""
    count = len(positions)
    nearest = np.empty((count, min(neighbours, count - 1)), np.int64)
    for start in range(0, count, _BLOCK):
        rows = np.arange(start, min(start + _BLOCK, count))
        distances = np.linalg.norm(positions[rows, None] - positions, axis=2)
        distances[np.arange(len(rows)), rows] = np.inf
        nearest[rows] = np.argsort(distances, axis=1, kind="stable")[:, : nearest.shape[1]]
    return _pairs_of(nearest)


def _near_pairs(photos: list[CapturePhoto], neighbours: int) -> set[Pair]:
    positions = positions_of(photos)
    if len(positions) < 2:
        return set()
    located = positions.photos
    return {(located[i], located[j]) for i, j in nearest_pairs(positions.metres, neighbours)}


def _pairs_of(neighbours: np.ndarray) -> set[Pair]:
    """The pairs of each row's index with its entries; neighbours [N, K]."""
    return {(min(i, int(j)), max(i, int(j))) for i, row in enumerate(neighbours) for j in row}
