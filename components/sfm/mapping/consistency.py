"""How well a model agrees with the matches that it was made from."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pycolmap

from components.sfm.assess.verified_matches import ids_of
from components.sfm.features_of import features_of


@dataclass(frozen=True, slots=True)
class Agreement:
    """By photo: verified matches with other registered photos, and those whose two features are one point.

    Points that the model dropped, or joined to others, count as inconsistent: folded and collapsed models of
    repeated structure have small mean errors in the few points that they keep.
    """

    matches: Counter[int]
    consistent: Counter[int]

    @property
    def fraction(self) -> float:
        """Consistent matches of all; 0 of none."""
        return self.consistent.total() / max(1, self.matches.total())

    def of(self, photo_ids: list[int]) -> float:
        """`fraction` of the matches of some photos."""
        matches = sum(self.matches[photo] for photo in photo_ids)
        return sum(self.consistent[photo] for photo in photo_ids) / max(1, matches)


def agreement(model: pycolmap.Reconstruction, database: Path, *, has_two_view_points: bool) -> Agreement:
    """Compare a model with the verified matches of its database.

    has_two_view_points: whether two photos alone can have a point. Otherwise matches whose features have no
    other match do not count: of photos that lie far apart (63 of bonsai) they are a seventh of all.
    """
    points = {photo: features["point"] for photo, features in features_of(model).items()}
    pairs = list(verified_matches(database))
    degrees = None if has_two_view_points else _degrees(pairs)
    matches: Counter[int] = Counter()
    consistent: Counter[int] = Counter()
    for first, second, rows in pairs:
        if first in points and second in points:
            if degrees:
                rows = rows[(degrees[first][rows[:, 0]] > 1) | (degrees[second][rows[:, 1]] > 1)]
            ids = points[first][rows[:, 0]]
            same = int(np.sum((ids == points[second][rows[:, 1]]) & (ids >= 0)))
            for photo in (first, second):
                matches[photo] += len(rows)
                consistent[photo] += same
    return Agreement(matches, consistent)


def _degrees(pairs: Iterable[tuple[int, int, np.ndarray]]) -> dict[int, np.ndarray]:
    """By photo: the number of matches of each of its features."""
    found: dict[int, list[np.ndarray]] = {}
    for first, second, rows in pairs:
        found.setdefault(first, []).append(rows[:, 0])
        found.setdefault(second, []).append(rows[:, 1])
    return {photo: np.bincount(np.concatenate(each)) for photo, each in found.items()}


def verified_matches(database: Path) -> Iterator[tuple[int, int, np.ndarray]]:
    """Ids of two photos and their matches, [N, 2]: the feature of each; pairs without any are left out."""
    with pycolmap.Database.open(database) as opened:
        pairs, geometries = opened.read_two_view_geometries()
    for pair, geometry in zip(pairs, geometries, strict=True):
        if len(geometry.inlier_matches):
            yield *ids_of(pair), geometry.inlier_matches
