"""Orientation of a reconstruction: upright, centred, and in metres or in scene units."""

from __future__ import annotations

import numpy as np
import pycolmap

from components.sfm.capture import CapturePhoto
from components.sfm.world.align import Alignment, NotAlignedError, align_to_positions
from components.sfm.world.georeference import georeference, gps_fit, unit_note
from components.sfm.world.gravity import estimate_down, level
from components.sfm.world.poses import camera_poses, registered_photos, transform_model
from components.sfm.world.positions import positions_of_frames
from components.shared.contracts.scene import LengthUnit, World
from components.shared.errors import ReconstructionError
from components.shared.focus_of_attention import focus_of_attention
from components.shared.scene import UP

_MEDIAN_DISTANCE = 4.0  # scene units from the cameras to the centre, where metres are not known
_MIN_SPREAD = 2e-7  # of the cameras, by their distance from the origin: what float32 cannot tell apart
_AHEAD = 5.0  # spreads of the cameras to the centre, without points or a focus of attention
_EAST_DOWN_NORTH_FROM_ENU = np.array(
    [[1.0, 0.0, 0.0, 0.0], [0.0, 0.0, -1.0, 0.0], [0.0, 1.0, 0.0, 0.0], [0.0, 0.0, 0.0, 1.0]]
)


def orient(
    model: pycolmap.Reconstruction, photos: list[CapturePhoto], refined: Alignment | None = None
) -> World:
    """Transform the model in place: x right, y down, z forward, centred on what the cameras look at.

    With the positions of photos x is east, z is north, and the unit is the metre.

    refined: that of `refine_with_positions`, whose model this then is.
    """
    registered = registered_photos(model, photos)
    rotations, centers = camera_poses(model, registered)
    points = np.array([point.xyz for point in model.points3D.values()]).reshape(-1, 3)
    center = look_at_point(centers, rotations[:, 2], points)
    leveled = level(rotations, estimate_down(rotations, [photo.orientation for photo in registered]))
    try:
        alignment = refined or align_to_positions(centers, positions_of_frames(registered), leveled)
    except NotAlignedError as reason:
        scene_from_model = _centered(_scaled(leveled, centers, center), center)
        transform_model(model, scene_from_model)
        return _world(LengthUnit.SCENE_UNIT, f"GPS not used: {reason}", np.linalg.inv(scene_from_model))
    scene_from_model = _centered(_EAST_DOWN_NORTH_FROM_ENU @ alignment.enu_from_model, center)
    transform_model(model, scene_from_model)
    reference, enu_from_scene = georeference(
        alignment, registered, alignment.enu_from_model @ np.linalg.inv(scene_from_model)
    )
    world = _world(LengthUnit.METRE, unit_note(alignment), enu_from_scene)
    return world.replace(gps=gps_fit(alignment, reference.origin), georeference=reference)


def orient_given(model: pycolmap.Reconstruction, photos: list[CapturePhoto]) -> World:
    """Like `orient`, for poses that came with the capture; GPS is not used, and the world may have z up.

    Raises:
        ReconstructionError: all photos were taken from one spot.
    """
    rotations, centers = camera_poses(model, photos)
    _check_spread(centers)
    is_z_up = all(photo.pose and photo.pose.z_is_up for photo in photos)
    orientations = [photo.orientation for photo in photos]
    down = np.array([0.0, 0.0, -1.0]) if is_z_up else estimate_down(rotations, orientations)
    points = np.array([point.xyz for point in model.points3D.values()]).reshape(-1, 3)
    center = look_at_point(centers, rotations[:, 2], points)
    scene_from_model = _centered(_scaled(level(rotations, down), centers, center), center)
    transform_model(model, scene_from_model)
    note = "the poses came with the capture"
    return _world(LengthUnit.SCENE_UNIT, note, np.linalg.inv(scene_from_model))


def look_at_point(centers: np.ndarray, directions: np.ndarray, points: np.ndarray) -> np.ndarray:
    """What the cameras look at, [3]: their focus of attention.

    Where the optical axes are nearly parallel or diverge: the median of the points; without points a place
    ahead of the cameras, at five times their spread.
    """
    focus = focus_of_attention(centers, directions)
    if focus is not None:
        return focus
    if len(points):
        return np.asarray(np.median(points, axis=0))
    middle = centers.mean(axis=0)
    spread = float(np.linalg.norm(centers - middle, axis=1).max())
    return np.asarray(middle + _AHEAD * spread * directions.mean(axis=0))


def _world(unit: LengthUnit, note: str, capture_from_scene: np.ndarray) -> World:
    return World(up=UP.tolist(), unit=unit, unit_note=note, capture_from_scene=capture_from_scene.tolist())


def _check_spread(centers: np.ndarray) -> None:
    if np.ptp(centers, axis=0).max() <= _MIN_SPREAD * np.abs(centers).max():
        raise ReconstructionError(
            f"the poses that came with the capture put all {len(centers)} photos on one spot, where depth "
            "cannot be seen",
            remedy="Export the poses again; if they are right, take photos from more places.",
        )


def _scaled(rotation: np.ndarray, centers: np.ndarray, center: np.ndarray) -> np.ndarray:
    """Similarity [4, 4] of a rotation and the scale to a median distance of 4 from camera to centre."""
    transform = np.eye(4)
    distance = float(np.median(np.linalg.norm(centers - center, axis=1)))
    transform[:3, :3] = rotation * (_MEDIAN_DISTANCE / distance)
    return transform


def _centered(transform: np.ndarray, center: np.ndarray) -> np.ndarray:
    """The similarity `transform`, translated so that `center` of its source becomes the origin."""
    centered = transform.copy()
    centered[:3, 3] = -transform[:3, :3] @ center
    return centered
