"""Photos that a program's export names: often by their file names alone, from whichever folder."""

from __future__ import annotations

import posixpath
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from components.ingest.poses.damaged import damaged
from components.ingest.poses.given_intrinsics import Intrinsics
from components.ingest.poses.image_folder import Sizes, find_image_folder
from components.ingest.poses.match_paths import PathMatcher, is_converted, picture_stem
from components.ingest.poses.pose_list import Frame, PoseList
from components.ingest.source.source_file import SourceFile
from components.shared.contracts.capture import Matrix4x4


@dataclass(frozen=True, slots=True)
class ListedPhoto:
    """One photo of an export."""

    name: str
    """As the export has it."""
    world_from_camera: Matrix4x4
    """[4, 4], with OpenGL's axes."""
    intrinsics: Intrinsics


def as_pose_list(source: str, listed: Sequence[ListedPhoto], photos: dict[str, SourceFile]) -> PoseList:
    """The poses with the paths of their photos in the capture.

    Raises:
        InputError: two entries have one name, so that it is unknown which photo is which.
    """
    sizes: dict[str, tuple[float, float] | None] = {}
    for photo in listed:
        if photo.name in sizes:
            raise damaged(source, f"it has two photos of the name {photo.name}")
        sizes[photo.name] = photo.intrinsics.size
    paths = _paths_in_capture(source, sizes, photos)
    frames = [
        Frame(
            path=paths[photo.name],
            source=source,
            folder="",
            world_from_camera=photo.world_from_camera,
            intrinsics=photo.intrinsics,
            z_is_up=False,
        )
        for photo in listed
    ]
    return PoseList(source=source, folder="", frames=frames, test_paths=(), train_paths=(), points_path=None)


def _paths_in_capture(source: str, sizes: Sizes, photos: dict[str, SourceFile]) -> dict[str, str]:
    """By name: a photo below the folder that holds most of them, or the only one of this name anywhere.

    One in another format keeps the suffix of the export, so that a note tells it.
    """
    folder = find_image_folder(source, sizes, photos)
    matcher = PathMatcher(photos)
    by_file_name = defaultdict(list)
    for photo in photos:
        file_name = posixpath.basename(photo).casefold()
        for key in {file_name, posixpath.splitext(file_name)[0]}:
            by_file_name[key].append(photo)
    paths = {}
    for name in sizes:
        file_name = posixpath.basename(name.replace("\\", "/")).casefold()
        alike = by_file_name[file_name] or by_file_name[picture_stem(file_name)]
        found = matcher.find(name, folder) if folder is not None else None
        found = found or (alike[0] if len(alike) == 1 else posixpath.join(folder or "", name))
        paths[name] = (
            posixpath.splitext(found)[0] + posixpath.splitext(name)[1] if is_converted(name, found) else found
        )
    return paths
