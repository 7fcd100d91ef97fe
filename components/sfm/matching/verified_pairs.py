"""The verified pairs of a database: how they connect the photos, and which are strong."""

from __future__ import annotations

import shutil
from pathlib import Path

import pycolmap

_MIN_MATCHES = 30
_MIN_STRENGTH = 0.5
"""Matches of a strong pair, as a fraction of the best pair of either photo. On a façade of equal windows
neighbours have 1,009 to 1,558 matches, and photos that only look alike 230 to 360."""


def copy_with_strong_pairs(database: Path, target: Path) -> None:
    """A copy of `database` without the pairs of photos that have much more in common with others."""
    shutil.copyfile(database, target)
    with pycolmap.Database.open(target) as opened:
        matches = _matches(opened)
        best: dict[int, int] = {}
        for pair, count in matches.items():
            for id_ in pair:
                best[id_] = max(best.get(id_, 0), count)
        for (first, second), count in matches.items():
            if count < _MIN_STRENGTH * min(best[first], best[second]):
                opened.delete_two_view_geometry(first, second)


def largest_part(database: Path) -> int:
    """Number of photos of the largest set that verified pairs connect."""
    with pycolmap.Database.open(database) as opened:
        linked = [pair for pair, count in _matches(opened).items() if count >= _MIN_MATCHES]
    part_of: dict[int, set[int]] = {}
    for first, second in linked:
        one, other = part_of.get(first, {first}), part_of.get(second, {second})
        if one is not other:
            one |= other
            part_of |= dict.fromkeys(one, one)
    return max((len(part) for part in part_of.values()), default=0)


def _matches(database: pycolmap.Database) -> dict[tuple[int, int], int]:
    """Number of verified matches by pair of image ids."""
    pairs, counts = database.read_two_view_geometry_num_inliers()
    ids = (pair if isinstance(pair, tuple) else pycolmap.pair_id_to_image_pair(pair) for pair in pairs)
    return {pair: int(count) for pair, count in zip(ids, counts, strict=True) if count > 0}
