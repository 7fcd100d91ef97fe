"""Poses as matrices: rotations and translations, and nothing else."""

from __future__ import annotations

import numpy as np

from components.ingest.poses.damaged import damaged
from components.shared.contracts.capture import Matrix4x4

OPENGL_FROM_COLMAP = np.diag([1.0, -1.0, -1.0, 1.0])
"""Between the axes of cameras: COLMAP's y is down and its z forward. It is its own inverse."""
_MAX_ANISOTROPY = 1e-2
_LAST_ROWS = ((0.0, 0.0, 0.0, 1.0), (0.0, 0.0, 0.0, 0.0))


def rigid_transform(matrix: np.ndarray, named: str, source: str) -> Matrix4x4:
    """`matrix` [3 or 4, 4] as a rotation and translation, without its uniform scale if it has one.

    The last of 4 rows is 0 0 0 1; some programs leave it all 0.

    `named` is the matrix, and `source` its file, in the error.

    Raises:
        InputError: it shears, mirrors, scales its axes differently, or is transposed.
    """
    if len(matrix) == 4 and not any(np.allclose(matrix[3], row, atol=1e-6) for row in _LAST_ROWS):
        row = " ".join(f"{value:g}" for value in matrix[3])
        hint = "; it seems to be transposed" if np.any(matrix[3, :3]) else ""
        raise damaged(source, f"{named} has the last row {row}, which must be 0 0 0 1{hint}")
    u, scales, vt = np.linalg.svd(matrix[:3, :3])
    if scales[0] >= (1 + _MAX_ANISOTROPY) * scales[2]:
        ratio = f"{scales[0] / scales[2]:.3g} to 1" if scales[2] > 0 else "infinity"
        raise damaged(source, f"{named} is not a rotation and translation: it scales axes by {ratio}")
    if np.linalg.det(u @ vt) < 0:
        raise damaged(source, f"{named} is not a rotation and translation: it mirrors")
    pose = np.eye(4)
    pose[:3, :3], pose[:3, 3] = u @ vt, matrix[:3, 3]
    return as_rows(pose)


def as_rows(matrix: np.ndarray) -> Matrix4x4:
    """`matrix` [4, 4] as numbers of the contract."""
    rows = [(float(x), float(y), float(z), float(offset)) for x, y, z, offset in matrix]
    return rows[0], rows[1], rows[2], rows[3]
