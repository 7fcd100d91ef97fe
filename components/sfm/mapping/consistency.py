"""How well a model agrees with the matches that it was made from."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pycolmap

from components.sfm.assess.verified_matches import ids_of
from components.sfm.mapping.point_ids import point_ids


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


def agreement(model: pycolmap.Reconstruction, database: Path) -> Agreement:
    """Compare a model with the verified matches of its database."""
    points = {image_id: point_ids(model.images[image_id]) for image_id in model.reg_image_ids()}
    matches: Counter[int] = Counter()
    consistent: Counter[int] = Counter()
    for first, second, rows in verified_matches(database):
        if first in points and second in points:
            ids = points[first][rows[:, 0]]
            same = int(np.sum((ids == points[second][rows[:, 1]]) & (ids >= 0)))
            for photo in (first, second):
                matches[photo] += len(rows)
                consistent[photo] += same
    return Agreement(matches, consistent)


def verified_matches(database: Path) -> Iterator[tuple[int, int, np.ndarray]]:
    """Ids of two photos and their matches, [N, 2]: the feature of each; pairs without any are left out."""
    with pycolmap.Database.open(database) as opened:
        pairs, geometries = opened.read_two_view_geometries()
    for pair, geometry in zip(pairs, geometries, strict=True):
        if len(geometry.inlier_matches):
            yield *ids_of(pair), geometry.inlier_matches
