"""What is used of a COLMAP model, checked: every number is finite and in range."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from components.ingest.poses.colmap.camera_models import intrinsics_of_camera
from components.ingest.poses.damaged import damaged
from components.ingest.poses.given_intrinsics import Intrinsics
from components.ingest.poses.rigid_transform import OPENGL_FROM_COLMAP, as_rows
from components.ingest.source.safe_names import shown_text
from components.shared.contracts.capture import Matrix4x4
from components.shared.numbers import number_in

MOST_ENTRIES = 100_000
"""Of cameras, and of images: more are no capture."""
_MAX_PLACE = 1e9
_MAX_LENGTH_ERROR = 1e-2


@dataclass(frozen=True, slots=True)
class ModelCamera:
    """A camera; its parameters are not checked, for it may be that no photo uses it."""

    model: str
    """COLMAP's name of the camera model."""
    size: tuple[float, float]
    """Width and height in pixels."""
    parameters: tuple[float, ...]
    place: str
    """Where it is in the file, as in `line 4` or `byte 8`."""


@dataclass(frozen=True, slots=True)
class ModelImage:
    """A photo with its pose."""

    name: str
    camera_id: int
    world_from_camera: Matrix4x4
    """[4, 4], with OpenGL's axes."""
    place: str
    """Where it is in the file, as in `line 4` or `byte 8`."""


@dataclass(frozen=True, slots=True)
class ModelFiles:
    """The photos and cameras of one model, and the names of its files."""

    cameras_name: str
    images_name: str
    cameras: dict[int, ModelCamera]
    images: list[ModelImage]

    def sizes(self) -> dict[str, tuple[float, float] | None]:
        """The sizes of the photos' cameras, by the photos' names."""
        return {
            image.name: self.cameras[image.camera_id].size if image.camera_id in self.cameras else None
            for image in self.images
        }

    def intrinsics(self) -> dict[int, Intrinsics]:
        """Intrinsics of the cameras that photos have, by the camera's id.

        Raises:
            InputError: a photo has a camera that is not there, or one that cannot be used.
        """
        found: dict[int, Intrinsics] = {}
        for image in self.images:
            camera = self.cameras.get(image.camera_id)
            if camera is None:
                raise damaged(
                    self.images_name,
                    f"{image.place}: {shown_text(image.name)} has the camera {image.camera_id}, and "
                    f"{self.cameras_name} has none of this id",
                )
            if image.camera_id not in found:
                found[image.camera_id] = intrinsics_of_camera(
                    camera.model, camera.size, camera.parameters, f"{self.cameras_name}, {camera.place}"
                )
        return found


def model_image(
    name: str, camera_id: int, pose: Sequence[float | None], source: str, place: str
) -> ModelImage:
    """A photo with its pose.

    pose: cam_from_world as COLMAP writes it, the quaternion (w, x, y, z) and the translation (x, y, z); None
    for what is no number.

    Raises:
        InputError: a number is not finite, the quaternion is far from length 1, or there is no name.
    """
    shown = shown_text(name)
    if not shown.strip():
        raise damaged(source, f"{place}: the image has no name")
    numbers = [number_in(value, -_MAX_PLACE, _MAX_PLACE) for value in pose]
    valid = [number for number in numbers if number is not None]
    if len(valid) != 7:
        wrong = pose[numbers.index(None)]
        raise damaged(source, f"{place}: {wrong} in the pose of {shown} is not a number up to {_MAX_PLACE:g}")
    length = float(np.linalg.norm(valid[:4]))
    if abs(length - 1) > _MAX_LENGTH_ERROR:
        raise damaged(source, f"{place}: the quaternion of {shown} has the length {length:g}, not 1")
    rotation = _rotation(np.array(valid[:4]) / length)
    world_from_camera = np.eye(4)
    world_from_camera[:3, :3] = rotation.T
    world_from_camera[:3, 3] = -rotation.T @ valid[4:]
    return ModelImage(name, camera_id, as_rows(world_from_camera @ OPENGL_FROM_COLMAP), place)


def _rotation(quaternion: np.ndarray) -> np.ndarray:
    """Rotation [3, 3] of a unit quaternion (w, x, y, z)."""
    w, (x, y, z) = quaternion[0], quaternion[1:]
    cross = np.array([[0, -z, y], [z, 0, -x], [-y, x, 0]])
    return np.asarray(np.eye(3) + 2 * w * cross + 2 * cross @ cross)
