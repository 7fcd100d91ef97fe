"""Lengths that training measures a scene in."""

from __future__ import annotations

import numpy as np

from components.shared.scene import Scene


def scene_extent(scene: Scene) -> float:
    """The size that learning rates are measured in: the cameras' largest distance from their middle.

    Where the cameras stand close together, a tenth of what they typically look at is the least.
    """
    centers = np.array([view.camera.center for view in scene.views])
    spread = 1.1 * np.linalg.norm(centers - centers.mean(axis=0), axis=1).max()
    return float(max(spread, 0.1 * viewing_distance(scene), 1e-6))


def viewing_distance(scene: Scene) -> float:
    """Median distance from the cameras' middle to the points.

    Without points, of the cameras from the origin, which scenes are centred on.
    """
    centers = np.array([view.camera.center for view in scene.views])
    if not len(scene.points):
        return float(np.median(np.linalg.norm(centers, axis=1)))
    center = centers.mean(axis=0)
    return float(np.median(np.linalg.norm(scene.points - center, axis=1)))
