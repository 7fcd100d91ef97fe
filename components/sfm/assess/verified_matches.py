"""The verified matches of a database, and which photos they connect."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from pathlib import Path

import pycolmap

MIN_MATCHES = 30
"""Of two photos that overlap."""
MAIN = 0
"""The part that has the registered photos."""


def read_matches(database: Path) -> dict[tuple[int, int], int]:
    """Number of verified matches by the ids of two photos; pairs without any are left out."""
    with pycolmap.Database.open(database) as opened:
        pairs, counts = opened.read_two_view_geometry_num_inliers()
    return {ids_of(pair): int(count) for pair, count in zip(pairs, counts, strict=True) if count > 0}


def ids_of(pair: int | tuple[int, int]) -> tuple[int, int]:
    """Ids of the two photos of a pair; builds of COLMAP give them as one number or two."""
    return pair if isinstance(pair, tuple) else pycolmap.pair_id_to_image_pair(pair)


def overlapping_pairs(database: Path) -> list[tuple[int, int]]:
    """Ids of two photos each that have enough matches."""
    return [pair for pair, count in read_matches(database).items() if count >= MIN_MATCHES]


def connected_parts(
    ids: Iterable[int], pairs: Iterable[tuple[int, int]], registered: set[int]
) -> dict[int, int]:
    """A number for each photo, equal for those that pairs connect; the registered ones are `MAIN`."""
    above = {id_: MAIN if id_ in registered else id_ for id_ in ids} | {MAIN: MAIN}

    def root(id_: int) -> int:
        while above[id_] != id_:
            above[id_] = above[above[id_]]
            id_ = above[id_]
        return id_

    for first, second in pairs:
        low, high = sorted((root(first), root(second)))
        above[high] = low
    return {id_: root(id_) for id_ in above if id_ != MAIN}


def largest_part(database: Path) -> int:
    """Number of photos of the largest part."""
    pairs = overlapping_pairs(database)
    parts = connected_parts({id_ for pair in pairs for id_ in pair}, pairs, set())
    return max(Counter(parts.values()).values(), default=0)
