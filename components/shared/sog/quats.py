"""Rotations: the smaller three components of the unit quaternion as RGB; alpha says which one is left out."""

from __future__ import annotations

import math

import numpy as np

from components.shared.sog.encoded import Encoded

_ALPHA_OF_W = 252
_KEPT = np.array([[1, 2, 3], [0, 2, 3], [0, 1, 3], [0, 1, 2]])
"""The components that are stored, by the one that is left out; wxyz."""


def encode_quats(quats: np.ndarray) -> Encoded:
    """Unit quaternions wxyz [N, 4]; the component left out is the largest, and made positive."""
    dropped = np.argmax(np.abs(quats), axis=1)
    rows = np.arange(len(quats))
    signs = np.where(quats[rows, dropped] < 0, -1.0, 1.0)
    kept = quats[rows[:, None], _KEPT[dropped]] * signs[:, None]
    texels = np.empty((len(quats), 4), np.uint8)
    texels[:, :3] = np.rint(np.clip(kept * math.sqrt(0.5) + 0.5, 0.0, 1.0) * 255)
    texels[:, 3] = _ALPHA_OF_W + dropped
    return Encoded({"files": ["quats.webp"]}, {"quats.webp": texels})


def decode_quats(texels: np.ndarray) -> np.ndarray:
    """Unit quaternions wxyz, float32 [N, 4]; an unknown alpha means no rotation, as viewers take it."""
    is_known = texels[:, 3] >= _ALPHA_OF_W
    dropped = np.where(is_known, texels[:, 3].astype(np.intp) - _ALPHA_OF_W, 0)
    kept = (texels[:, :3] / 255.0 * 2.0 - 1.0) * math.sqrt(0.5) * is_known[:, None]
    quats = np.empty((len(texels), 4), np.float32)
    rows = np.arange(len(texels))
    quats[rows[:, None], _KEPT[dropped]] = kept
    quats[rows, dropped] = np.sqrt(np.maximum(0.0, 1.0 - np.sum(kept**2, axis=1)))
    return quats
