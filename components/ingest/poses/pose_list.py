"""Photos with poses and intrinsics, as a file that came with the capture lists them."""

from __future__ import annotations

import posixpath
from dataclasses import dataclass

from components.ingest.poses.given_intrinsics import Intrinsics
from components.shared.contracts.capture import GivenPose, Matrix4x4
from components.shared.errors import InputError


@dataclass(frozen=True, slots=True)
class Frame:
    """One photo of the file."""

    path: str
    """As the file has it; Blender leaves the suffix out."""
    source: str
    """Name of the file."""
    folder: str
    """Of the capture: the one that `path` is relative to."""
    world_from_camera: Matrix4x4
    intrinsics: Intrinsics
    z_is_up: bool
    mask_path: str | None = None

    @property
    def path_in_capture(self) -> str:
        """The path from the capture's root."""
        return posixpath.normpath(posixpath.join(self.folder, self.path.replace("\\", "/")))

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
                remedy="Check the lens in the file: focal length and principal point are in pixels, not in "
                "mm or parts of the width. Of a very wide lens, give photos that were undistorted or cropped "
                "by the program that calibrated it, with their poses.",
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
class PoseList:
    """The content of one file, or of a COLMAP model; paths are as the file has them."""

    source: str
    """Name of the file."""
    folder: str
    """Of the capture: the one that paths are relative to."""
    frames: list[Frame]
    test_paths: tuple[str, ...]
    """Photos to hold out of training; empty where the file does not say."""
    train_paths: tuple[str, ...]
    """Photos to train on; empty for all that are not held out."""
    points_path: str | None
    """Points in the world of the poses."""
