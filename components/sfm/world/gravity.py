"""Gravity direction, estimated from how people hold cameras."""

from __future__ import annotations

import numpy as np

# By EXIF orientation: directions along the axes of the stored image of the right-hand and the lower side of
# the image as displayed.
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
"""Squared ratio of the standard deviations of roll (3 degrees) and of the common pitch (15 degrees)."""
_LEAST_SINE = 0.02
_ROUNDS = 10


def estimate_down(rotations: np.ndarray, orientations: list[int]) -> np.ndarray:
    """Unit vector [3] towards the ground, in the world of cam_from_world rotations [C, 3, 3].

    orientations: EXIF orientation of each photo, 1 to 8. Cameras are assumed to be held level, so that their
    x axes span the horizontal plane. Where all x axes are parallel, as along a façade, the mean y axis
    decides the remaining rotation about them. The sum of absolute sines is minimised by iteratively
    reweighted least squares, so that a few tilted photos have no influence.
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
    """Rotation [3, 3] to y along `down`, and z along the horizontal viewing direction of the first camera."""
    forward = rotations[0, 2] - (rotations[0, 2] @ down) * down
    if np.linalg.norm(forward) < 1e-3:  # it looks straight down: forward is the upper side of its image
        forward = (rotations[0, 1] @ down) * down - rotations[0, 1]
    forward /= np.linalg.norm(forward)
    return np.stack([np.cross(down, forward), down, forward])
