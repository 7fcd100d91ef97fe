"""Unit quaternions by their three smallest components: the largest follows, and its sign is free."""

from __future__ import annotations

import numpy as np

_KEPT = np.array([[1, 2, 3], [0, 2, 3], [0, 1, 3], [0, 1, 2]])
"""Indices of the other components, by the index of the omitted one; [4, 3]."""


def omit_largest(quats: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The others, float64 [N, 3] in order, of unit quaternions [N, 4], and the index of the largest [N].

    The quaternion is taken whose largest component is positive; the others are ±√½ at most.
    """
    omitted, rows = np.argmax(np.abs(quats), axis=1), np.arange(len(quats))
    signs = np.where(quats[rows, omitted] < 0, -1.0, 1.0)
    return quats[rows[:, None], _KEPT[omitted]] * signs[:, None], omitted


def with_largest(kept: np.ndarray, omitted: np.ndarray) -> np.ndarray:
    """Unit quaternions float32 [N, 4] of the components and indices that `omit_largest` gives."""
    quats, rows = np.empty((len(kept), 4), np.float32), np.arange(len(kept))
    quats[rows[:, None], _KEPT[omitted]] = kept
    quats[rows, omitted] = np.sqrt(np.maximum(0.0, 1.0 - np.sum(kept**2, axis=1)))
    return quats
