"""How well a model agrees with the matches that it was made from."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pycolmap

from components.sfm.assess.verified_matches import ids_of
from components.sfm.mapping.point_ids import point_ids


def consistent_fraction(model: pycolmap.Reconstruction, database: Path) -> float:
    """Of the verified matches between registered photos, the fraction whose two features are one point.

    Points that the model dropped, or joined to others, count as inconsistent: folded and collapsed models of
    repeated structure have small mean errors in the few points that they keep.
    """
    points = {image_id: point_ids(model.images[image_id]) for image_id in model.reg_image_ids()}
    matches = consistent = 0
    with pycolmap.Database.open(database) as opened:
        pairs, geometries = opened.read_two_view_geometries()
    for pair, geometry in zip(pairs, geometries, strict=True):
        first, second = ids_of(pair)
        if first in points and second in points and len(geometry.inlier_matches):
            rows = geometry.inlier_matches
            ids = points[first][rows[:, 0]]
            matches += len(rows)
            consistent += int(np.sum((ids == points[second][rows[:, 1]]) & (ids >= 0)))
    return consistent / matches if matches else 0.0
