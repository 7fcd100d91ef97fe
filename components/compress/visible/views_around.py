"""Views around a scene whose training views are not known."""

from __future__ import annotations

import math

import numpy as np

from components.shared.scene import Camera
from components.shared.splats import Splats

_COUNT, _SIDE_PX = 48, 400
_DISTANCE = 2.0
"""Of the cameras from the middle, in radii that three quarters of the Gaussians lie within."""
_DEVIATIONS = 3.0
"""Of a usual Gaussian: no scene has a smaller radius."""


def views_around(splats: Splats) -> list[Camera]:
    """Cameras on a sphere around the scene, which look at its middle with a field of view of 60°."""
    middle = np.median(splats.means.astype(np.float64), axis=0)
    radius = float(np.quantile(np.linalg.norm(splats.means - middle, axis=1), 0.75))
    radius = max(radius, _DEVIATIONS * math.exp(np.median(splats.scales.max(axis=1))))
    focal = _SIDE_PX / 2 / math.tan(math.radians(30))
    K = np.array([[focal, 0.0, _SIDE_PX / 2], [0.0, focal, _SIDE_PX / 2], [0.0, 0.0, 1.0]])
    return [_look_from(direction, middle, _DISTANCE * radius, K) for direction in _sphere()]


def _sphere() -> np.ndarray:
    """Even unit vectors [V, 3]: a spiral by the golden angle (Vogel 1979)."""
    index = np.arange(_COUNT)
    height = 1.0 - (2.0 * index + 1.0) / _COUNT
    angle, width = index * math.pi * (3.0 - math.sqrt(5.0)), np.sqrt(1.0 - height**2)
    return np.stack([width * np.cos(angle), height, width * np.sin(angle)], axis=1)


def _look_from(direction: np.ndarray, middle: np.ndarray, distance: float, K: np.ndarray) -> Camera:
    forward = -direction
    right = np.cross([0.0, 1.0, 0.0], forward)
    right /= np.linalg.norm(right)
    rotation = np.stack([right, np.cross(forward, right), forward])
    viewmat = np.eye(4)
    viewmat[:3, :3] = rotation
    viewmat[:3, 3] = -rotation @ (middle + distance * direction)
    return Camera(viewmat, K, _SIDE_PX, _SIDE_PX)
