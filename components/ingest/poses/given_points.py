"""Points that come with a capture's poses, for the start of training."""

from __future__ import annotations

from pathlib import Path, PurePosixPath

from components.ingest.poses.colmap.read_points import read_points
from components.ingest.poses.given_poses import GivenPoses
from components.ingest.source.pose_files import COLMAP_FILES
from components.ingest.source.source_file import SourceFile
from components.shared.errors import InputError
from components.shared.point_cloud import PointCloud, read_point_cloud

_MOST = 2_000_000
_MIN = 100
"""Fewer points show no shape; random ones are then a better start."""


def read_given_points(poses: GivenPoses | None, notes: list[str]) -> PointCloud | None:
    """The points that the file of poses names, or that its COLMAP model has; None without any.

    `notes` gets why they are not used. At most 2 million, a random sample of more.
    """
    if poses is None or poses.points is None:
        return None
    named = f"{poses.points.name}, the points that came with the poses, was not used"
    if poses.points.path is None:
        notes.append(f"{named}: it is not called sparse_pc.ply, so it was not fetched")
        return None
    try:
        points = _read(poses.points, poses.points.path)
    except InputError as error:
        notes.append(f"{named}: {error.message}")
        return None
    if len(points) < _MIN:
        notes.append(f"{named}: it has {len(points)} points, and {_MIN} are needed")
        return None
    return points


def _read(file: SourceFile, path: Path) -> PointCloud:
    if PurePosixPath(file.name).name in COLMAP_FILES:
        return read_points(file, most=_MOST)
    return read_point_cloud(path, most=_MOST)
