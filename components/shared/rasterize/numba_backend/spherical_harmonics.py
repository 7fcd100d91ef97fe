"""Real spherical harmonics up to degree 3 with the signs of 3DGS, as polynomials of a unit direction."""

from __future__ import annotations

import numpy as np
from numba import njit

from components.shared.rasterize.conventions import (
    SH_C0,
    SH_C1,
    SH_C2,
    SH_C2_XY,
    SH_C2_Z,
    SH_C3,
    SH_C3_XY,
    SH_C3_XYZ,
    SH_C3_Z,
    SH_C3_ZZ,
)
from components.shared.rasterize.numba_backend.vectors import Vector


@njit(cache=True, error_model="numpy")
def sh_basis(degree: int, direction: Vector, basis: np.ndarray) -> None:
    """Write the (degree + 1)² values of the basis to the front of `basis` [16]."""
    x, y, z = direction
    basis[0] = SH_C0
    if degree < 1:
        return
    basis[1] = -SH_C1 * y
    basis[2] = SH_C1 * z
    basis[3] = -SH_C1 * x
    if degree < 2:
        return
    xx, yy, zz = x * x, y * y, z * z
    basis[4] = SH_C2 * x * y
    basis[5] = -SH_C2 * y * z
    basis[6] = SH_C2_Z * (2.0 * zz - xx - yy)
    basis[7] = -SH_C2 * x * z
    basis[8] = SH_C2_XY * (xx - yy)
    if degree < 3:
        return
    basis[9] = -SH_C3 * y * (3.0 * xx - yy)
    basis[10] = SH_C3_XYZ * x * y * z
    basis[11] = -SH_C3_Z * y * (4.0 * zz - xx - yy)
    basis[12] = SH_C3_ZZ * z * (2.0 * zz - 3.0 * xx - 3.0 * yy)
    basis[13] = -SH_C3_Z * x * (4.0 * zz - xx - yy)
    basis[14] = SH_C3_XY * z * (xx - yy)
    basis[15] = -SH_C3 * x * (xx - 3.0 * yy)


@njit(cache=True, error_model="numpy")
def sh_direction_gradient(degree: int, direction: Vector, v: np.ndarray) -> Vector:
    """Gradient to `direction` from gradients v [16] to the values of the basis, before normalisation."""
    x, y, z = direction
    if degree < 1:
        return (0.0, 0.0, 0.0)
    vx = -SH_C1 * v[3]
    vy = -SH_C1 * v[1]
    vz = SH_C1 * v[2]
    if degree < 2:
        return (vx, vy, vz)
    a, b, c = SH_C2, SH_C2_Z, SH_C2_XY
    vx += a * (y * v[4] - z * v[7]) - 2.0 * b * x * v[6] + 2.0 * c * x * v[8]
    vy += a * (x * v[4] - z * v[5]) - 2.0 * b * y * v[6] - 2.0 * c * y * v[8]
    vz += -a * (y * v[5] + x * v[7]) + 4.0 * b * z * v[6]
    if degree < 3:
        return (vx, vy, vz)
    xx, yy, zz = x * x, y * y, z * z
    xy, xz, yz = x * y, x * z, y * z
    vx += SH_C3 * (-6.0 * xy * v[9] - 3.0 * (xx - yy) * v[15]) + SH_C3_XYZ * yz * v[10]
    vx += SH_C3_Z * (2.0 * xy * v[11] - (4.0 * zz - 3.0 * xx - yy) * v[13])
    vx += -6.0 * SH_C3_ZZ * xz * v[12] + 2.0 * SH_C3_XY * xz * v[14]
    vy += SH_C3 * (-3.0 * (xx - yy) * v[9] + 6.0 * xy * v[15]) + SH_C3_XYZ * xz * v[10]
    vy += SH_C3_Z * (2.0 * xy * v[13] - (4.0 * zz - xx - 3.0 * yy) * v[11])
    vy += -6.0 * SH_C3_ZZ * yz * v[12] - 2.0 * SH_C3_XY * yz * v[14]
    vz += SH_C3_XYZ * xy * v[10] - 8.0 * SH_C3_Z * (yz * v[11] + xz * v[13])
    vz += 3.0 * SH_C3_ZZ * (2.0 * zz - xx - yy) * v[12] + SH_C3_XY * (xx - yy) * v[14]
    return (vx, vy, vz)
