"""Turn a reconstruction upright, centre it, and give it a sensible size."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import pycolmap

from components.sfm.capture import Photo
from components.sfm.gps import GpsAlignment, GpsNotUsedError, align_to_gps
from components.sfm.gravity import estimate_down, level
from components.shared.convergence import meeting_point
from components.shared.errors import ReconstructionError
from components.shared.scene import UP

METRE, SCENE_UNIT = "metre", "scene unit"

_MEDIAN_DISTANCE = 4.0  # scene units from the cameras to the centre, where metres are not known
_ONE_SPOT = 1e-6  # of the distance from the origin
_AHEAD = 5.0  # of the cameras' spread, to what they look at where nothing tells
_EAST_DOWN_NORTH_FROM_ENU = np.array(
    [[1.0, 0.0, 0.0, 0.0], [0.0, 0.0, -1.0, 0.0], [0.0, 1.0, 0.0, 0.0], [0.0, 0.0, 0.0, 1.0]]
)


@dataclass(frozen=True, slots=True)
class World:
    """The frame of the scene; `capture_from_scene` [4, 4] goes to metres east, north and up of the GPS
    position `origin`, or to COLMAP's own frame without GPS. `note`: whence the unit, or why not metres."""

    unit: str
    note: str
    capture_from_scene: np.ndarray
    gps: GpsAlignment | None

    def to_json(self) -> dict[str, Any]:
        gps = self.gps and {
            "origin": asdict(self.gps.origin),
            "positions": self.gps.positions,
            "residual_m": self.gps.residual_m,
        }
        return {
            "up": UP.tolist(),
            "unit": self.unit,
            "unit_note": self.note,
            "capture_from_scene": self.capture_from_scene.tolist(),
            "gps": gps,
        }


def orient(model: pycolmap.Reconstruction, photos: list[Photo]) -> World:
    """Transform the model in place: x right, y down, z forward, centred on what the cameras look at.

    With GPS x is east, z is north, and the unit is the metre.
    """
    registered = [
        photo for photo in photos if model.exists_image(photo.id) and model.images[photo.id].has_pose
    ]
    rotations, centers = _poses(model, registered)
    center = look_at_point(centers, rotations[:, 2], _points(model))
    leveled = level(rotations, estimate_down(rotations, [photo.orientation for photo in registered]))
    try:
        gps = align_to_gps(centers, [photo.gps for photo in registered], leveled)
    except GpsNotUsedError as reason:
        upright = _own_scale(centers, center, leveled)
        scene_from_model = _centred(upright, center)
        _apply(model, scene_from_model)
        return World(SCENE_UNIT, f"GPS not used: {reason}", np.linalg.inv(scene_from_model), None)
    scene_from_model = _centred(_EAST_DOWN_NORTH_FROM_ENU @ gps.enu_from_model, center)
    _apply(model, scene_from_model)
    note = f"metres from the GPS of {gps.positions} photos, which they meet within {gps.residual_m:.2f} m"
    return World(METRE, note, gps.enu_from_model @ np.linalg.inv(scene_from_model), gps)


def orient_given(model: pycolmap.Reconstruction, photos: list[Photo]) -> World:
    """The same for poses that came with the capture, in its own unit; its world may have z up.

    Raises:
        ReconstructionError: all photos were taken from one spot.
    """
    rotations, centers = _poses(model, photos)
    _check_spread(centers)
    is_z_up = all(photo.pose and photo.pose.z_is_up for photo in photos)
    orientations = [photo.orientation for photo in photos]
    down = np.array([0.0, 0.0, -1.0]) if is_z_up else estimate_down(rotations, orientations)
    center = look_at_point(centers, rotations[:, 2], np.zeros((0, 3)))
    scene_from_model = _centred(_own_scale(centers, center, level(rotations, down)), center)
    _apply(model, scene_from_model)
    return World(SCENE_UNIT, "the poses came with the capture", np.linalg.inv(scene_from_model), None)


def _check_spread(centers: np.ndarray) -> None:
    if np.ptp(centers, axis=0).max() <= _ONE_SPOT * np.abs(centers).max():
        raise ReconstructionError(
            f"the poses that came with the capture put all {len(centers)} photos on one spot, where depth "
            "cannot be seen",
            remedy="Export the poses again; if they are right, take photos from more places.",
        )


def look_at_point(centers: np.ndarray, directions: np.ndarray, points: np.ndarray) -> np.ndarray:
    """What the cameras look at, [3]: where their optical axes nearly meet; or the middle of the points, if
    the axes are nearly parallel, or run apart as in a panorama; without points some way ahead."""
    meeting = meeting_point(centers, directions)
    if meeting is not None:
        return meeting
    if len(points):
        return np.asarray(np.median(points, axis=0))
    middle = centers.mean(axis=0)
    spread = float(np.linalg.norm(centers - middle, axis=1).max())
    return np.asarray(middle + _AHEAD * spread * directions.mean(axis=0))


def _poses(model: pycolmap.Reconstruction, photos: list[Photo]) -> tuple[np.ndarray, np.ndarray]:
    """Rotations cam_from_world [C, 3, 3] and centres [C, 3]."""
    poses = np.array([model.images[photo.id].cam_from_world().matrix() for photo in photos])
    rotations = poses[:, :, :3]
    return rotations, -np.einsum("cji,cj->ci", rotations, poses[:, :, 3])


def _points(model: pycolmap.Reconstruction) -> np.ndarray:
    return np.array([point.xyz for point in model.points3D.values()]).reshape(-1, 3)


def _own_scale(centers: np.ndarray, center: np.ndarray, leveled: np.ndarray) -> np.ndarray:
    transform = np.eye(4)
    distance = float(np.median(np.linalg.norm(centers - center, axis=1)))
    transform[:3, :3] = leveled * (_MEDIAN_DISTANCE / distance)
    return transform


def _centred(transform: np.ndarray, center: np.ndarray) -> np.ndarray:
    """The same similarity, moved so that `center` of its source becomes the origin."""
    moved = transform.copy()
    moved[:3, 3] = -transform[:3, :3] @ center
    return moved


def _apply(model: pycolmap.Reconstruction, transform: np.ndarray) -> None:
    scale = float(np.cbrt(np.linalg.det(transform[:3, :3])))
    rotation = pycolmap.Rotation3d(transform[:3, :3] / scale)
    model.transform(pycolmap.Sim3d(scale, rotation, transform[:3, 3]))
