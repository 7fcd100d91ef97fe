"""Cameras with a level horizon, given by position, target and field of view."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from components.shared.scene import UP, Camera

_STRAIGHT_DOWN_COSINE = 0.99
"""Cosine of the angle to the vertical above which the horizon does not define right and left."""


@dataclass(frozen=True, slots=True)
class LookAt:
    """A camera with a level horizon, in the world of the scene."""

    position: np.ndarray
    """[3]."""
    target: np.ndarray
    """The point in the middle of the image, [3]."""
    tan_x: float
    """Tangent of half the horizontal field of view."""
    tan_y: float
    """Tangent of half the vertical field of view."""

    @property
    def aspect(self) -> float:
        return self.tan_x / self.tan_y

    def camera(self, width: int, height: int) -> Camera:
        """The pinhole camera with an image of `width` by `height` pixels.

        If the aspect ratio differs, one direction gets wider and the other narrower by the same factor.
        """
        tan_y = math.sqrt(self.tan_x * self.tan_y * height / width)
        focal = 0.5 * height / tan_y
        K = np.array([[focal, 0.0, 0.5 * width], [0.0, focal, 0.5 * height], [0.0, 0.0, 1.0]])
        return Camera(_viewmat(self.position, self.target), K, width, height)


def look_at(camera: Camera, depth: float) -> LookAt:
    """The camera of a photo with a level horizon; its target is `depth` in front of it.

    A photo stored on its side, as phones do, gives an upright image.
    """
    tan_x, tan_y = 0.5 * camera.width / camera.K[0, 0], 0.5 * camera.height / camera.K[1, 1]
    if quarter_turns(camera) % 2:
        tan_x, tan_y = tan_y, tan_x
    return LookAt(camera.center, camera.center + depth * camera.viewmat[2, :3], float(tan_x), float(tan_y))


def quarter_turns(camera: Camera) -> int:
    """Number of `np.rot90` rotations, 0 to 3, that bring the world's up to the top of the camera's image."""
    right, up = camera.viewmat[:2, :3] @ UP * (1.0, -1.0)
    if math.hypot(right, up) < math.sqrt(1.0 - _STRAIGHT_DOWN_COSINE**2):
        return 0
    return round(math.atan2(right, up) / (math.pi / 2)) % 4


def _viewmat(position: np.ndarray, target: np.ndarray) -> np.ndarray:
    """cam_from_world [4, 4] of a level camera; if it looks straight down, the world's x is to its right."""
    forward = (target - position) / np.linalg.norm(target - position)
    steep = abs(float(forward @ UP)) > _STRAIGHT_DOWN_COSINE
    right = np.array([1.0, 0.0, 0.0]) if steep else np.cross(-UP, forward)
    right = right - (right @ forward) * forward
    right /= np.linalg.norm(right)
    viewmat = np.eye(4)
    viewmat[:3, :3] = right, np.cross(forward, right), forward
    viewmat[:3, 3] = -viewmat[:3, :3] @ position
    return viewmat
