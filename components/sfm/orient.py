"""Turn a reconstruction upright, centre it, and give it a sensible size."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pycolmap

from components.sfm.gps import fit_gps
from components.sfm.upright import upright_rotation

_CAMERA_DISTANCE = 4.0
"""Median distance of the cameras from the centre, in scene units, where metres are unknown."""


@dataclass(frozen=True, slots=True)
class World:
    """`scene_from_reconstruction` [4, 4] maps COLMAP's own frame to the scene's; `note`: whence the unit."""

    unit: str
    note: str
    scene_from_reconstruction: np.ndarray


def orient(model: pycolmap.Reconstruction, photos: dict[str, dict[str, Any]]) -> World:
    """Transform the model in place: x right, y down, z forward, centred on what the cameras look at.

    `photos` has each image's `gps` and `orientation` as `capture.json` tells them.
    """
    images = [image for image in model.images.values() if image.has_pose]
    poses = np.array([image.cam_from_world().matrix() for image in images])
    rotations = poses[:, :, :3]
    centers = -np.einsum("cji,cj->ci", rotations, poses[:, :, 3])
    told = [photos.get(image.name, {}) for image in images]
    gps = fit_gps(centers, [photo.get("gps") for photo in told])
    rotation = upright_rotation(rotations, [photo.get("orientation", 1) for photo in told], gps.down)
    center = _look_at_point(centers, rotations[:, 2])
    factor = gps.scale or _unit_factor(centers, center)
    similarity = pycolmap.Sim3d(factor, pycolmap.Rotation3d(rotation), -factor * rotation @ center)
    model.transform(similarity)
    return World(
        unit="scene unit" if gps.scale is None else "metre",
        note=gps.note,
        scene_from_reconstruction=np.vstack([similarity.matrix(), [0.0, 0.0, 0.0, 1.0]]),
    )


def _unit_factor(centers: np.ndarray, center: np.ndarray) -> float:
    distance = float(np.median(np.linalg.norm(centers - center, axis=1)))
    return _CAMERA_DISTANCE / distance if distance > 0 else 1.0


def _look_at_point(centers: np.ndarray, directions: np.ndarray) -> np.ndarray:
    """The point nearest to all optical axes; the cameras' mean, moved ahead, if the axes are parallel."""
    projections = np.eye(3) - directions[:, :, None] * directions[:, None, :]
    system = projections.sum(axis=0)
    if np.linalg.cond(system) < 1e4:
        point: np.ndarray = np.linalg.solve(system, np.einsum("cij,cj->i", projections, centers))
        if np.median(np.einsum("ci,ci->c", point - centers, directions)) > 0:
            return point
    spread = np.linalg.norm(centers - centers.mean(axis=0), axis=1).max()
    ahead: np.ndarray = centers.mean(axis=0) + directions.mean(axis=0) * spread
    return ahead
