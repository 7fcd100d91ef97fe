"""Find the exports of photogrammetry programs in a capture; they have any name."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import PurePosixPath

from components.ingest.poses.exports.read_metashape import is_metashape, read_metashape
from components.ingest.poses.exports.read_rc_sidecars import read_rc_sidecars, sidecars_of
from components.ingest.poses.exports.read_rc_table import is_rc_table, read_rc_table
from components.ingest.poses.pose_list import PoseList
from components.ingest.source.pose_files import METASHAPE_SUFFIX, RC_TABLE_SUFFIX
from components.ingest.source.source_file import SourceFile


def find_exports(
    files: dict[str, SourceFile], photos: dict[str, SourceFile]
) -> dict[str, Callable[[], PoseList]]:
    """What reads each export, by the name of its file, those nearest to the root first."""
    found: dict[str, Callable[[], PoseList]] = {}
    for name in sorted(files, key=lambda name: (name.count("/"), name)):
        file, suffix = files[name], PurePosixPath(name).suffix.lower()
        if suffix == METASHAPE_SUFFIX and is_metashape(file):
            found[name] = partial(read_metashape, file, photos)
        elif suffix == RC_TABLE_SUFFIX and is_rc_table(file):
            found[name] = partial(read_rc_table, file, photos)
    sidecars = sidecars_of(files, photos)
    if sidecars:
        found[next(iter(sidecars.values())).name] = partial(read_rc_sidecars, sidecars, photos)
    return found
