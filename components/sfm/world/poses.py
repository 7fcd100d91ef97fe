"""Poses of the photos of a reconstruction as arrays."""

from __future__ import annotations

import numpy as np
import pycolmap

from components.sfm.capture import CapturePhoto


def registered_photos(model: pycolmap.Reconstruction, photos: list[CapturePhoto]) -> list[CapturePhoto]:
    """Those of `photos` that have a pose."""
    return [photo for photo in photos if model.exists_image(photo.id) and model.images[photo.id].has_pose]


def camera_poses(model: pycolmap.Reconstruction, photos: list[CapturePhoto]) -> tuple[np.ndarray, np.ndarray]:
    """Rotations cam_from_world [C, 3, 3] and camera centres [C, 3]."""
    poses = np.array([model.images[photo.id].cam_from_world().matrix() for photo in photos])
    rotations = poses[:, :, :3]
    return rotations, -np.einsum("cji,cj->ci", rotations, poses[:, :, 3])


def transform_model(model: pycolmap.Reconstruction, transform: np.ndarray) -> None:
    """Apply a similarity [4, 4] in place."""
    scale = float(np.cbrt(np.linalg.det(transform[:3, :3])))
    rotation = pycolmap.Rotation3d(transform[:3, :3] / scale)
    model.transform(pycolmap.Sim3d(scale, rotation, transform[:3, 3]))
