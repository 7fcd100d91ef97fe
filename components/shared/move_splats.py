"""Gaussians in another frame: rotated, scaled and shifted, spherical harmonics included."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from components.shared.rasterize.sh_basis import sh_basis
from components.shared.splats import SH_COEFFICIENTS, Splats

IDENTITY = np.array([1.0, 0.0, 0.0, 0.0])
HALF_TURN_X = np.array([0.0, 1.0, 0.0, 0.0])
"""Turns y and z around: from x right, y down, z forward to x right, y up, z back, and the inverse."""
HALF_TURN_Y = np.array([0.0, 0.0, 1.0, 0.0])
HALF_TURN_Z = np.array([0.0, 0.0, 0.0, 1.0])
"""Turns x and y around: from x right, y down, z forward to x left, y up, z forward, and the inverse."""

_DIRECTIONS = 64
"""More than coefficients of a degree, so that values of them determine the coefficients."""


def rotate_splats(splats: Splats, quat: np.ndarray) -> Splats:
    """The scene turned around the origin by the unit quaternion `quat` wxyz [4]."""
    return replace(
        splats,
        means=(splats.means.astype(np.float64) @ rotation_matrix(quat).T).astype(np.float32),
        quats=multiply_quats(quat, splats.quats.astype(np.float64)).astype(np.float32),
        shN=rotate_sh(splats.shN, quat),
    )


def move_splats(splats: Splats, *, quat: np.ndarray, scale: float, shift: np.ndarray) -> Splats:
    """The scene turned by `quat` wxyz [4], then enlarged by `scale` > 0, then moved by `shift` [3]."""
    turned = rotate_splats(splats, quat)
    means = turned.means.astype(np.float64) * scale + shift
    scales = turned.scales + np.float32(np.log(scale))
    return replace(turned, means=means.astype(np.float32), scales=scales)


def rotate_sh(shN: np.ndarray, quat: np.ndarray) -> np.ndarray:
    """shN [N, K, 3] of Gaussians that are turned by the unit quaternion `quat` wxyz [4].

    The color that was seen along a direction d is seen along the turned d afterwards.
    """
    turned = np.empty_like(shN)
    start = 0
    for degree in range(1, 4):
        stop = SH_COEFFICIENTS[degree]
        if stop > shN.shape[1]:
            break
        matrix = _sh_rotation(quat, slice(start, stop)).astype(shN.dtype)
        np.einsum("jk,nkc->njc", matrix, shN[:, start:stop], out=turned[:, start:stop])
        start = stop
    return turned


def _sh_rotation(quat: np.ndarray, degree: slice) -> np.ndarray:
    """Matrix [2l+1, 2l+1] on the coefficients of one degree.

    The functions of a degree span the same space in every frame, so values along enough directions
    determine it. Rounding makes the matrices of quarter turns exact.
    """
    rng = np.random.default_rng(0)
    directions = rng.normal(size=(_DIRECTIONS, 3))
    directions /= np.linalg.norm(directions, axis=1, keepdims=True)
    before = np.stack(sh_basis(*directions.T)[degree], axis=1)
    after = np.stack(sh_basis(*(directions @ rotation_matrix(quat).T).T)[degree], axis=1)
    matrix: np.ndarray = np.linalg.lstsq(after, before, rcond=None)[0]
    return matrix.round(12)


def unit_quats(quats: np.ndarray) -> np.ndarray:
    """Unit quaternions wxyz float64 [N, 4] of quaternions of any length; zeros become the identity."""
    quats = quats.astype(np.float64)
    lengths = np.linalg.norm(quats, axis=1, keepdims=True)
    return np.where(lengths > 0, quats / np.where(lengths > 0, lengths, 1.0), IDENTITY)


def multiply_quats(quat: np.ndarray, quats: np.ndarray) -> np.ndarray:
    """Products quat · quats of quaternions wxyz, [4] and [N, 4]: turned by `quats`, then by `quat`."""
    w, vector = quat[0], quat[1:]
    others, vectors = quats[:, :1], quats[:, 1:]
    scalars = w * others - (vectors @ vector)[:, None]
    return np.concatenate([scalars, w * vectors + others * vector + np.cross(vector, vectors)], axis=1)


def rotation_matrix(quat: np.ndarray) -> np.ndarray:
    """Rotation matrix float64 [3, 3] of a unit quaternion wxyz [4], or [3, 3, N] of [4, N]."""
    w, x, y, z = quat
    return np.array(
        [
            [w * w + x * x - y * y - z * z, 2 * (x * y - w * z), 2 * (x * z + w * y)],
            [2 * (x * y + w * z), w * w - x * x + y * y - z * z, 2 * (y * z - w * x)],
            [2 * (x * z - w * y), 2 * (y * z + w * x), w * w - x * x - y * y + z * z],
        ]
    )
