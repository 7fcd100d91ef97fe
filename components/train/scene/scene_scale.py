"""Lengths that training measures a scene in."""

from __future__ import annotations

import numpy as np

from components.shared.scene import Scene

_MIN_SCALE = 1e-6


def compute_scene_scale(scene: Scene) -> float:
    """Scene scale, scene units, above 0: 1.1 times the cameras' largest distance from their mean.

    At least a tenth of the viewing distance, for cameras that are close together.
    """
    centers = _camera_centers(scene)
    spread = 1.1 * np.linalg.norm(centers - centers.mean(axis=0), axis=1).max()
    return float(max(spread, 0.1 * _median_distance(scene), _MIN_SCALE))


def compute_viewing_distance(scene: Scene) -> float:
    """Typical distance of what the cameras see, scene units, above 0.

    It is the median distance from the cameras' mean to the points; without points, that of the cameras from
    the origin, on which scenes are centred. Where that is 0, it is the scene scale.
    """
    return _median_distance(scene) or compute_scene_scale(scene)


def _median_distance(scene: Scene) -> float:
    centers = _camera_centers(scene)
    if not len(scene.points):
        return float(np.median(np.linalg.norm(centers, axis=1)))
    return float(np.median(np.linalg.norm(scene.points - centers.mean(axis=0), axis=1)))


def _camera_centers(scene: Scene) -> np.ndarray:
    return np.array([view.camera.center for view in scene.views])
