"""Points that come with a capture's poses, for the start of training."""

from __future__ import annotations

from components.ingest.poses.given_poses import GivenPoses
from components.shared.errors import InputError
from components.shared.point_cloud import PointCloud, read_point_cloud

_MOST = 2_000_000
_MIN = 100
"""Fewer points show no shape; random ones are then a better start."""


def read_given_points(poses: GivenPoses | None, notes: list[str]) -> PointCloud | None:
    """The points that the file of poses names; None without any. `notes` gets why they are not used.

    At most 2 million, a random sample of more.
    """
    if poses is None or poses.points is None:
        return None
    named = f"{poses.points.name}, the points that came with the poses, was not used"
    if poses.points.path is None:
        notes.append(f"{named}: it is not called sparse_pc.ply, so it was not fetched")
        return None
    try:
        points = read_point_cloud(poses.points.path, most=_MOST)
    except InputError as error:
        notes.append(f"{named}: {error.message}")
        return None
    if len(points) < _MIN:
        notes.append(f"{named}: it has {len(points)} points, and {_MIN} are needed")
        return None
    return points
