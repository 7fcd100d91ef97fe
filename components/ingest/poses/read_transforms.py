"""Read poses and intrinsics from Blender's `transforms_train.json` or nerfstudio's `transforms.json`."""

from __future__ import annotations

import posixpath
from dataclasses import dataclass
from pathlib import PurePosixPath

import numpy as np

from components.ingest.poses.given_intrinsics import Intrinsics, intrinsics_of
from components.ingest.poses.transforms_file import FrameEntries, damaged, read_transforms_file
from components.ingest.source.pose_files import SINGLE
from components.ingest.source.source_file import SourceFile
from components.shared.contracts.capture import GivenPose, Matrix4x4
from components.shared.errors import InputError

_MAX_ANISOTROPY = 1e-2


@dataclass(frozen=True, slots=True)
class Frame:
    """One photo of the file."""

    path: str
    """As the file has it; Blender leaves the suffix out."""
    source: str
    """Name of the file."""
    world_from_camera: Matrix4x4
    intrinsics: Intrinsics
    z_is_up: bool
    mask_path: str | None = None

    @property
    def path_in_capture(self) -> str:
        """The path from the capture's root."""
        folder = posixpath.dirname(self.source)
        return posixpath.normpath(posixpath.join(folder, self.path.replace("\\", "/")))

    def pose(self, width: int, height: int, *, held_out: bool) -> GivenPose:
        """Pose and intrinsics for a photo of this size.

        Raises:
            InputError: the photo has another aspect ratio than the file states, or cannot be undistorted.
        """
        if not self.intrinsics.fits(width, height):
            stated = self.intrinsics.size
            raise InputError(
                f"{self.path} has {width} x {height} pixels, and {self.source} describes a camera of "
                f"{stated and f'{stated[0]} x {stated[1]}'}: another aspect ratio",
                remedy="Give the photos that the file was made for, uncropped; smaller copies are fine.",
            )
        problem = self.intrinsics.undistortion_problem(width, height)
        if problem:
            raise InputError(
                f"{self.source}, {self.path}: {problem}",
                remedy="Check the distortion in the file; of a very wide lens, give photos that were "
                "undistorted or cropped by the program that calibrated it, with their poses.",
            )
        focal, center = self.intrinsics.in_pixels(width, height)
        return GivenPose(
            world_from_camera=self.world_from_camera,
            focal=focal,
            center=center,
            lens=self.intrinsics.lens,
            distortion=self.intrinsics.distortion,
            z_is_up=self.z_is_up,
            held_out=held_out,
        )


@dataclass(frozen=True, slots=True)
class Transforms:
    """The content of one file; paths are as the file has them."""

    source: str
    """Name of the file."""
    frames: list[Frame]
    test_paths: tuple[str, ...]
    """Photos to hold out of training; empty where the file does not say."""
    train_paths: tuple[str, ...]
    """Photos to train on; empty for all that are not held out."""
    points_path: str | None
    """A ply of points in the world of the poses."""


def read_transforms(file: SourceFile) -> Transforms:
    """All frames of one file.

    Raises:
        InputError: the file is damaged, or describes cameras that cannot be used.
    """
    content = read_transforms_file(file)
    frames = [
        Frame(
            path=frame.file_path,
            source=file.name,
            world_from_camera=_matrix(frame, file.name),
            intrinsics=intrinsics_of(content.updated_by(frame), file.name),
            z_is_up=PurePosixPath(file.name).name != SINGLE,
            mask_path=frame.mask_path,
        )
        for frame in content.frames
    ]
    return Transforms(
        source=file.name,
        frames=frames,
        test_paths=tuple(content.test_filenames or content.val_filenames or ()),
        train_paths=tuple(content.train_filenames or ()),
        points_path=content.ply_file_path,
    )


def _matrix(frame: FrameEntries, source: str) -> Matrix4x4:
    """world_from_camera [4, 4], without the uniform scale that Blender's cameras may have."""
    rows = frame.transform_matrix
    named = f"the transform_matrix of {frame.file_path}"
    if {len(row) for row in rows} != {4} or len(rows) not in (3, 4):
        raise damaged(source, f"{named} does not have 4 x 4 numbers")
    matrix = np.array(rows, np.float64)
    u, scales, vt = np.linalg.svd(matrix[:3, :3])
    if scales[0] > (1 + _MAX_ANISOTROPY) * scales[2]:
        raise damaged(
            source, f"{named} is not a rotation and translation: it scales axes by {_ratio(scales)}"
        )
    if np.linalg.det(u @ vt) < 0:
        raise damaged(source, f"{named} is not a rotation and translation: it mirrors")
    pose = np.eye(4)
    pose[:3, :3], pose[:3, 3] = u @ vt, matrix[:3, 3]
    rigid = [(float(x), float(y), float(z), float(offset)) for x, y, z, offset in pose]
    return rigid[0], rigid[1], rigid[2], rigid[3]


def _ratio(scales: np.ndarray) -> str:
    return f"{scales[0] / scales[2]:.3g} to 1" if scales[2] > 0 else "infinity"
