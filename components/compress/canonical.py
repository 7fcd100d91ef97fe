"""A canonical form of each Gaussian's rotation and scales.

An ellipsoid stays the same if its axes are rotated by a symmetry of the cube and its scales are permuted to
match: 24 pairs of rotation and scales describe one Gaussian. The pair whose rotation is the closest to the
identity makes quaternions similar, which saves 8 % of the bytes of quaternions and scales.
"""

from __future__ import annotations

import itertools
from functools import cache

import numpy as np

from components.shared.move_splats import rotation_matrix, unit_quats
from components.shared.ranges import in_ranges

_BLOCK = 1 << 14
"""Gaussians at a time, whose products with 24 rotations fit into a core's cache."""


def canonical_form(quats: np.ndarray, scales: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Equivalent unit quaternions wxyz [N, 4], float64, with w the largest component, and scales [N, 3].

    `quats` [N, 4] have any length; a quaternion of zeros is the identity. `scales` [N, 3] are linear or log.
    """
    rotations, permutations = _cube_rotations()
    turned, permuted = np.empty(quats.shape), np.empty_like(scales)

    def turn(start: int, stop: int) -> None:
        for first in range(start, stop, _BLOCK):
            block = slice(first, min(first + _BLOCK, stop))
            units = unit_quats(quats[block])
            # The dot product of two unit quaternions is the cosine of half the angle between both rotations.
            nearest = np.argmax(np.abs(units @ rotations.T), axis=1)
            units = _times_conjugate(units, rotations[nearest])
            turned[block] = units * np.where(units[:, :1] < 0, -1.0, 1.0)
            permuted[block] = np.take_along_axis(scales[block], permutations[nearest], axis=1)

    in_ranges(turn, len(quats))
    return turned, permuted


def _times_conjugate(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """a · b* of quaternions wxyz [N, 4]."""
    scalar = np.sum(a * b, axis=1, keepdims=True)
    vector = b[:, :1] * a[:, 1:] - a[:, :1] * b[:, 1:] - np.cross(a[:, 1:], b[:, 1:])
    return np.concatenate([scalar, vector], axis=1)


@cache
def _cube_rotations() -> tuple[np.ndarray, np.ndarray]:
    """The 24 rotations of a cube, unit quaternions wxyz [24, 4], and the axis permutation of each, [24, 3].

    Entry [r, i] of the permutations is the axis whose scale becomes that of axis i when rotation r is undone.
    """
    grid = np.array(list(itertools.product((-1.0, 0.0, 1.0), repeat=4)))
    quats = unit_quats(grid[np.isin(np.count_nonzero(grid, axis=1), (1, 2, 4))])
    # q and -q are the same rotation: keep the one whose first component that is not 0 is positive.
    first = np.take_along_axis(quats, np.argmax(quats != 0, axis=1)[:, None], axis=1)[:, 0]
    quats = quats[first > 0]
    return quats, np.argmax(np.abs(rotation_matrix(quats.T)), axis=1).T
