"""Upright cameras: a place, what it looks at, and how wide; the horizon is level."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from components.shared.scene import UP, Camera

_STRAIGHT_DOWN_COSINE = 0.99
"""Closer to the vertical than this, the horizon no longer tells which way is right."""


@dataclass(frozen=True, slots=True)
class LookAt:
    """position [3] and target [3] in the scene's world; tangents of half the frame's width and height."""

    position: np.ndarray
    target: np.ndarray
    tan_x: float
    tan_y: float

    @property
    def aspect(self) -> float:
        return self.tan_x / self.tan_y

    def camera(self, width: int, height: int) -> Camera:
        """The pinhole camera that shows this frame on `width` by `height` pixels.

        Where the shapes differ, it is as much too wide in one direction as too narrow in the other.
        """
        tan_y = math.sqrt(self.tan_x * self.tan_y * height / width)
        focal = 0.5 * height / tan_y
        K = np.array([[focal, 0.0, 0.5 * width], [0.0, focal, 0.5 * height], [0.0, 0.0, 1.0]])
        return Camera(_viewmat(self.position, self.target), K, width, height)


def look_at(camera: Camera, depth: float) -> LookAt:
    """A photo's camera with its horizon levelled, looking at the point `depth` before it.

    A photo stored on its side, as phones do, gives an upright frame.
    """
    tan_x, tan_y = 0.5 * camera.width / camera.K[0, 0], 0.5 * camera.height / camera.K[1, 1]
    if quarter_turns(camera) % 2:
        tan_x, tan_y = tan_y, tan_x
    return LookAt(camera.center, camera.center + depth * camera.viewmat[2, :3], float(tan_x), float(tan_y))


def quarter_turns(camera: Camera) -> int:
    """How often `np.rot90` must turn this camera's picture to bring the world's up to its top, 0 to 3."""
    right, up = camera.viewmat[:2, :3] @ UP * (1.0, -1.0)
    if math.hypot(right, up) < math.sqrt(1.0 - _STRAIGHT_DOWN_COSINE**2):
        return 0
    return round(math.atan2(right, up) / (math.pi / 2)) % 4


def _viewmat(position: np.ndarray, target: np.ndarray) -> np.ndarray:
    """cam_from_world [4, 4] of a level camera; looking straight down, the world's x is to the right."""
    forward = (target - position) / np.linalg.norm(target - position)
    steep = abs(float(forward @ UP)) > _STRAIGHT_DOWN_COSINE
    right = np.array([1.0, 0.0, 0.0]) if steep else np.cross(-UP, forward)
    right = right - (right @ forward) * forward
    right /= np.linalg.norm(right)
    viewmat = np.eye(4)
    viewmat[:3, :3] = right, np.cross(forward, right), forward
    viewmat[:3, 3] = -viewmat[:3, :3] @ position
    return viewmat
