"""Which way is up, from how people hold cameras."""

from __future__ import annotations

import numpy as np

_AMBIGUOUS = 0.02
"""Share of the second smallest eigenvalue below which the level axes span a line and no plane."""


def upright_rotation(
    rotations: np.ndarray, orientations: list[int], gps_down: np.ndarray | None
) -> np.ndarray:
    """World rotation [3, 3] to x right, y down, z forward as the first camera looks.

    Cameras are held level: the axes that were horizontal span the horizontal plane. Where they span a
    line only (a drone that looks straight down along its path), GPS decides if it can, and the photos'
    mean down if not. rotations [C, 3, 3] are cam_from_world; orientations are EXIF's.
    """
    levels, downs = _held_axes(rotations, orientations)
    mean_down = downs.mean(axis=0)
    values, vectors = np.linalg.eigh(np.einsum("ci,cj->ij", levels, levels))
    if values[1] > _AMBIGUOUS * values.sum():
        normal = vectors[:, 0]
        down = normal if normal @ mean_down > 0 else -normal
    else:
        down = mean_down if gps_down is None else gps_down
    return _facing(rotations[0], down / np.linalg.norm(down))


def _held_axes(rotations: np.ndarray, orientations: list[int]) -> tuple[np.ndarray, np.ndarray]:
    """Per camera the axis that was level and the one that pointed down, [C, 3] in the world.

    EXIF's orientations 5 to 8 lie on their side: their pixels' x axis ran along the vertical.
    """
    turned = np.array(orientations) >= 5
    reversed_ = np.isin(orientations, (3, 4, 7, 8))
    x, y = rotations[:, 0], rotations[:, 1]
    levels = np.where(turned[:, None], y, x)
    downs = np.where(turned[:, None], x, y) * np.where(reversed_, -1.0, 1.0)[:, None]
    return levels, downs


def _facing(rotation: np.ndarray, down: np.ndarray) -> np.ndarray:
    """Rows x, y, z: y is `down`, z the level direction in which a camera looks."""
    for ahead in (rotation[2], -rotation[1], rotation[0]):
        forward = ahead - (ahead @ down) * down
        if np.linalg.norm(forward) > 1e-3:
            break
    forward = forward / np.linalg.norm(forward)
    return np.stack([np.cross(down, forward), down, forward])
