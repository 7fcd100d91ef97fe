"""Real spherical harmonics up to degree 3 with the signs of 3DGS, as polynomials of a unit direction."""

from __future__ import annotations

import numpy as np
from numba import njit

from components.shared.rasterize.numba_backend.vectors import Vector

C0 = 0.28209479177387814
C1 = 0.4886025119029199
C2 = (1.0925484305920792, 0.31539156525252005, 0.5462742152960396)
C3 = (0.5900435899266435, 2.890611442640554, 0.4570457994644658, 0.3731763325901154, 1.445305721320277)


@njit(cache=True, error_model="numpy")
def sh_basis(degree: int, direction: Vector, basis: np.ndarray) -> None:
    """Write the (degree + 1)² values of the basis to the front of `basis` [16]."""
    x, y, z = direction
    basis[0] = C0
    if degree < 1:
        return
    basis[1] = -C1 * y
    basis[2] = C1 * z
    basis[3] = -C1 * x
    if degree < 2:
        return
    xx, yy, zz = x * x, y * y, z * z
    basis[4] = C2[0] * x * y
    basis[5] = -C2[0] * y * z
    basis[6] = C2[1] * (2.0 * zz - xx - yy)
    basis[7] = -C2[0] * x * z
    basis[8] = C2[2] * (xx - yy)
    if degree < 3:
        return
    basis[9] = -C3[0] * y * (3.0 * xx - yy)
    basis[10] = C3[1] * x * y * z
    basis[11] = -C3[2] * y * (4.0 * zz - xx - yy)
    basis[12] = C3[3] * z * (2.0 * zz - 3.0 * xx - 3.0 * yy)
    basis[13] = -C3[2] * x * (4.0 * zz - xx - yy)
    basis[14] = C3[4] * z * (xx - yy)
    basis[15] = -C3[0] * x * (xx - 3.0 * yy)


@njit(cache=True, error_model="numpy")
def sh_direction_gradient(degree: int, direction: Vector, v: np.ndarray) -> Vector:
    """Gradient to `direction` from gradients v [16] to the values of the basis, before normalisation."""
    x, y, z = direction
    if degree < 1:
        return (0.0, 0.0, 0.0)
    vx = -C1 * v[3]
    vy = -C1 * v[1]
    vz = C1 * v[2]
    if degree < 2:
        return (vx, vy, vz)
    a, b, c = C2[0], C2[1], C2[2]
    vx += a * (y * v[4] - z * v[7]) - 2.0 * b * x * v[6] + 2.0 * c * x * v[8]
    vy += a * (x * v[4] - z * v[5]) - 2.0 * b * y * v[6] - 2.0 * c * y * v[8]
    vz += -a * (y * v[5] + x * v[7]) + 4.0 * b * z * v[6]
    if degree < 3:
        return (vx, vy, vz)
    xx, yy, zz = x * x, y * y, z * z
    xy, xz, yz = x * y, x * z, y * z
    vx += C3[0] * (-6.0 * xy * v[9] - 3.0 * (xx - yy) * v[15]) + C3[1] * yz * v[10]
    vx += C3[2] * (2.0 * xy * v[11] - (4.0 * zz - 3.0 * xx - yy) * v[13])
    vx += -6.0 * C3[3] * xz * v[12] + 2.0 * C3[4] * xz * v[14]
    vy += C3[0] * (-3.0 * (xx - yy) * v[9] + 6.0 * xy * v[15]) + C3[1] * xz * v[10]
    vy += C3[2] * (2.0 * xy * v[13] - (4.0 * zz - xx - 3.0 * yy) * v[11])
    vy += -6.0 * C3[3] * yz * v[12] - 2.0 * C3[4] * yz * v[14]
    vz += C3[1] * xy * v[10] - 8.0 * C3[2] * (yz * v[11] + xz * v[13])
    vz += 3.0 * C3[3] * (2.0 * zz - xx - yy) * v[12] + C3[4] * (xx - yy) * v[14]
    return (vx, vy, vz)
