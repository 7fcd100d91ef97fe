"""Read poses and intrinsics from Blender's `transforms_train.json` or nerfstudio's `transforms.json`."""

from __future__ import annotations

import posixpath
from pathlib import PurePosixPath

import numpy as np

from components.ingest.poses.damaged import damaged
from components.ingest.poses.given_intrinsics import intrinsics_of
from components.ingest.poses.pose_list import Frame, PoseList
from components.ingest.poses.rigid_transform import rigid_transform
from components.ingest.poses.transforms_file import FrameEntries, read_transforms_file
from components.ingest.source.pose_files import SINGLE
from components.ingest.source.source_file import SourceFile
from components.shared.contracts.capture import Matrix4x4


def read_transforms(file: SourceFile) -> PoseList:
    """All frames of one file.

    Raises:
        InputError: the file is damaged, or describes cameras that cannot be used.
    """
    content = read_transforms_file(file)
    folder = posixpath.dirname(file.name)
    frames = [
        Frame(
            path=frame.file_path,
            source=file.name,
            folder=folder,
            world_from_camera=_matrix(frame, file.name),
            intrinsics=intrinsics_of(content.updated_by(frame), file.name, frame.file_path),
            z_is_up=PurePosixPath(file.name).name != SINGLE,
            mask_path=frame.mask_path,
        )
        for frame in content.frames
    ]
    return PoseList(
        source=file.name,
        folder=folder,
        frames=frames,
        test_paths=tuple(content.test_filenames or content.val_filenames or ()),
        train_paths=tuple(content.train_filenames or ()),
        points_path=content.ply_file_path,
    )


def _matrix(frame: FrameEntries, source: str) -> Matrix4x4:
    """world_from_camera; Blender's cameras may have a scale, which is dropped."""
    rows = frame.transform_matrix
    named = f"the transform_matrix of {frame.file_path}"
    if {len(row) for row in rows} != {4} or len(rows) not in (3, 4):
        raise damaged(source, f"{named} does not have 4 x 4 numbers")
    return rigid_transform(np.array(rows, np.float64), named, source)
