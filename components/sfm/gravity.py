"""Which way is down, from how people hold cameras."""

from __future__ import annotations

import numpy as np

# By EXIF's orientation: which way along the stored picture's axes lie the right-hand and the lower side of
# what the photographer saw.
_X, _Y = np.array([1.0, 0.0, 0.0]), np.array([0.0, 1.0, 0.0])
_RIGHT_AND_DOWN = {
    1: (_X, _Y),
    2: (-_X, _Y),
    3: (-_X, -_Y),
    4: (_X, -_Y),
    5: (_Y, _X),
    6: (-_Y, _X),
    7: (-_Y, -_X),
    8: (_Y, -_X),
}
_PRIOR = (3.0 / 15.0) ** 2
"""Cameras roll by 3 degrees; together they may look up or down by 15."""
_LEAST_SINE = 0.02
_ROUNDS = 10


def estimate_down(rotations: np.ndarray, orientations: list[int]) -> np.ndarray:
    """Unit vector [3] in the world of cam_from_world rotations [C, 3, 3].

    Cameras are held level: their right-hand sides span the horizontal plane. Where these all point the same
    way, as along a façade, the mean lower side of the pictures decides what the plane's tilt leaves open.
    The sum of absolute sines is minimised, by reweighting, so that a few tilted photos change nothing.
    """
    sides = np.array([_RIGHT_AND_DOWN[orientation] for orientation in orientations])  # [C, 2, 3]
    rights, downs = np.einsum("csi,cij->scj", sides, rotations)
    mean_down = downs.mean(axis=0)
    weights = np.ones(len(rights))
    for _ in range(_ROUNDS):
        spread = np.einsum("c,ci,cj->ij", weights, rights, rights) - _PRIOR * np.outer(mean_down, mean_down)
        down = np.linalg.eigh(spread)[1][:, 0]
        weights = _LEAST_SINE / np.maximum(_LEAST_SINE, np.abs(rights @ down))
    return down if down @ mean_down >= 0 else -down


def level(rotations: np.ndarray, down: np.ndarray) -> np.ndarray:
    """Rotation [3, 3] to x right, y down, z forward as the first camera looks."""
    forward = rotations[0, 2] - (rotations[0, 2] @ down) * down
    if np.linalg.norm(forward) < 1e-3:  # it looks straight down: ahead is the picture's upper side
        forward = (rotations[0, 1] @ down) * down - rotations[0, 1]
    forward /= np.linalg.norm(forward)
    return np.stack([np.cross(down, forward), down, forward])
