"""One of the 24 equal forms of each Gaussian's rotation and scales.

Turning an ellipsoid's axes by a symmetry of the cube, and swapping its scales to match, changes nothing
that can be seen. The form that is closest to no rotation keeps the quaternions together, which saves 8 %
of the bytes of quaternions and scales.
"""

from __future__ import annotations

import itertools

import numpy as np

_BLOCK = 1 << 17


def canonical_form(quats: np.ndarray, scales: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Unit quaternions [N, 4], w the largest component and positive, and scales [N, 3] of equal Gaussians.

    A quaternion of zeros means no rotation.
    """
    quats, scales = _normalized(quats.astype(np.float64)), scales.copy()
    for start in range(0, len(quats), _BLOCK):
        block = slice(start, start + _BLOCK)
        # The scalar part of the product with a conjugate is the cosine of half the angle between both.
        nearest = np.argmax(np.abs(quats[block] @ _TURNS.T), axis=1)
        quats[block] = _times_conjugate(quats[block], _TURNS[nearest])
        scales[block] = np.take_along_axis(scales[block], _SOURCES[nearest], axis=1)
    return quats * np.where(quats[:, :1] < 0, -1.0, 1.0), scales


def _normalized(quats: np.ndarray) -> np.ndarray:
    lengths = np.linalg.norm(quats, axis=1, keepdims=True)
    return np.where(lengths > 0, quats / np.where(lengths > 0, lengths, 1.0), [1.0, 0.0, 0.0, 0.0])


def _times_conjugate(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """a · b* of quaternions wxyz [N, 4]."""
    scalar = np.sum(a * b, axis=1, keepdims=True)
    vector = b[:, :1] * a[:, 1:] - a[:, :1] * b[:, 1:] - np.cross(a[:, 1:], b[:, 1:])
    return np.concatenate([scalar, vector], axis=1)


def _turns() -> np.ndarray:
    """The 24 rotations of a cube as unit quaternions; of each pair ±q the one with a positive first entry."""
    grid = np.array(list(itertools.product((-1.0, 0.0, 1.0), repeat=4)))
    is_turn = np.isin(np.count_nonzero(grid, axis=1), (1, 2, 4))
    turns = _normalized(grid[is_turn])
    first = np.take_along_axis(turns, np.argmax(turns != 0, axis=1)[:, None], axis=1)[:, 0]
    return turns[first > 0]


def _axis_sources(turns: np.ndarray) -> np.ndarray:
    """Which axis takes the place of each axis when the turn is undone, [24, 3]."""
    w, x, y, z = turns.T
    rotation = np.array(
        [
            [w * w + x * x - y * y - z * z, 2 * (x * y - w * z), 2 * (x * z + w * y)],
            [2 * (x * y + w * z), w * w - x * x + y * y - z * z, 2 * (y * z - w * x)],
            [2 * (x * z - w * y), 2 * (y * z + w * x), w * w - x * x - y * y + z * z],
        ]
    )
    return np.argmax(np.abs(rotation), axis=1).T


_TURNS = _turns()
_SOURCES = _axis_sources(_TURNS)
