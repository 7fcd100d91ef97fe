"""Whether photos were taken from places far enough apart to see depth."""

from __future__ import annotations

from pathlib import Path

import pycolmap

_NO_DEPTH = {
    int(pycolmap.TwoViewGeometryConfiguration.PLANAR),
    int(pycolmap.TwoViewGeometryConfiguration.PANORAMIC),
    int(pycolmap.TwoViewGeometryConfiguration.PLANAR_OR_PANORAMIC),
}
_SHARE_WITH_DEPTH = 0.05


def shows_depth(database: Path) -> bool:
    """False if nearly all that photos have in common would fit one plane, or a turn on the spot.

    Photos of a castle that see depth score 1.0, a walk around a house 0.8, a turn on the spot 0.0.
    """
    with pycolmap.Database.open(database) as opened:
        _, geometries = opened.read_two_view_geometries()
    matches = sum(len(geometry.inlier_matches) for geometry in geometries)
    flat = sum(len(geometry.inlier_matches) for geometry in geometries if int(geometry.config) in _NO_DEPTH)
    return not matches or matches - flat > _SHARE_WITH_DEPTH * matches
