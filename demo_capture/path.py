"""Camera path: two rings around the scene, the upper one staggered."""

from __future__ import annotations

import numpy as np

_RINGS = ((3.05, 1.20), (2.70, 2.30))  # radius and height above the ground, m
_FULL_RING_PHOTOS = 12
_POSITION_JITTER_M, _TARGET_JITTER_M, _ROLL_JITTER_DEGREES = 0.08, 0.06, 1.5


def walk_around(photos: int, *, ground_y: float, seed: int) -> list[np.ndarray]:
    """cam_from_world [4, 4] float64 of each photo, in the order of the path.

    Neighbours are at most 30 degrees apart: fewer than 24 photos cover only a part of the rings.
    """
    rng = np.random.default_rng([seed, 1_000_003])
    lower = (photos + 1) // 2
    step = 2 * np.pi / max(lower, _FULL_RING_PHOTOS)
    views = []
    for photo in range(photos):
        ring, index = (0, photo) if photo < lower else (1, photo - lower + 0.5)
        radius, height = _RINGS[ring]
        angle = index * step
        center = np.array([radius * np.sin(angle), ground_y - height, -radius * np.cos(angle)])
        center += _POSITION_JITTER_M * rng.uniform(-1, 1, 3)
        target = _TARGET_JITTER_M * rng.uniform(-1, 1, 3)
        views.append(look_at(center, target, roll_degrees=_ROLL_JITTER_DEGREES * rng.uniform(-1, 1)))
    return views


def look_at(center: np.ndarray, target: np.ndarray, *, roll_degrees: float = 0.0) -> np.ndarray:
    """cam_from_world [4, 4] of a camera at `center`, upright (-y up), then rolled clockwise."""
    forward = (target - center) / np.linalg.norm(target - center)
    right = np.cross([0.0, 1.0, 0.0], forward)
    right /= np.linalg.norm(right)
    down = np.cross(forward, right)
    cos, sin = np.cos(np.radians(roll_degrees)), np.sin(np.radians(roll_degrees))
    rotation = np.stack([cos * right + sin * down, cos * down - sin * right, forward])
    viewmat = np.eye(4)
    viewmat[:3, :3] = rotation
    viewmat[:3, 3] = -rotation @ center
    return viewmat
