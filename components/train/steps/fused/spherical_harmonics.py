"""Real spherical harmonics up to degree 3 with the signs of 3DGS: all values of a direction side by side.

`k` is [1, 16], the direction's x, y, z are [n, 1]; results are [n, 16].
"""

from __future__ import annotations

import triton
import triton.language as tl

# Everywhere in these kernels a tensor stands left of a constant: the interpreter of Triton 3.7 takes
# `constant * tensor` for another constant, and refuses it.
C0 = tl.constexpr(0.28209479177387814)
_C1 = tl.constexpr(0.4886025119029199)
_C2 = tl.constexpr(1.0925484305920792)
_C2_Z = tl.constexpr(0.31539156525252005)
_C2_XY = tl.constexpr(0.5462742152960396)
_C3 = tl.constexpr(0.5900435899266435)
_C3_XYZ = tl.constexpr(2.890611442640554)
_C3_Z = tl.constexpr(0.4570457994644658)
_C3_ZZ = tl.constexpr(0.3731763325901154)
_C3_XY = tl.constexpr(1.445305721320277)


@triton.jit
def basis(k, x, y, z):
    xx, yy, zz = x * x, y * y, z * z
    b = tl.where(k == 0, C0, y * -_C1)
    b = tl.where(k == 2, z * _C1, b)
    b = tl.where(k == 3, x * -_C1, b)
    b = tl.where(k == 4, x * _C2 * y, b)
    b = tl.where(k == 5, y * -_C2 * z, b)
    b = tl.where(k == 6, (2.0 * zz - xx - yy) * _C2_Z, b)
    b = tl.where(k == 7, x * -_C2 * z, b)
    b = tl.where(k == 8, (xx - yy) * _C2_XY, b)
    b = tl.where(k == 9, y * -_C3 * (3.0 * xx - yy), b)
    b = tl.where(k == 10, x * _C3_XYZ * y * z, b)
    b = tl.where(k == 11, y * -_C3_Z * (4.0 * zz - xx - yy), b)
    b = tl.where(k == 12, z * _C3_ZZ * (2.0 * zz - 3.0 * xx - 3.0 * yy), b)
    b = tl.where(k == 13, x * -_C3_Z * (4.0 * zz - xx - yy), b)
    b = tl.where(k == 14, z * _C3_XY * (xx - yy), b)
    return tl.where(k == 15, x * -_C3 * (xx - 3.0 * yy), b)


@triton.jit
def basis_slopes(k, x, y, z):
    """Derivatives of `basis` to x, y and z, as polynomials: the direction's length is free."""
    xx, yy, zz = x * x, y * y, z * z
    zero = 0.0 * (x + k)
    dx = tl.where(k == 3, -_C1, zero)
    dy = tl.where(k == 1, -_C1, zero)
    dz = tl.where(k == 2, _C1, zero)
    dx = tl.where(k == 4, y * _C2, dx)
    dy = tl.where(k == 4, x * _C2, dy)
    dy = tl.where(k == 5, z * -_C2, dy)
    dz = tl.where(k == 5, y * -_C2, dz)
    dx = tl.where(k == 6, x * (-2.0 * _C2_Z), dx)
    dy = tl.where(k == 6, y * (-2.0 * _C2_Z), dy)
    dz = tl.where(k == 6, z * (4.0 * _C2_Z), dz)
    dx = tl.where(k == 7, z * -_C2, dx)
    dz = tl.where(k == 7, x * -_C2, dz)
    dx = tl.where(k == 8, x * (2.0 * _C2_XY), dx)
    dy = tl.where(k == 8, y * (-2.0 * _C2_XY), dy)
    dx = tl.where(k == 9, x * (-6.0 * _C3) * y, dx)
    dy = tl.where(k == 9, (xx - yy) * (-3.0 * _C3), dy)
    dx = tl.where(k == 10, y * _C3_XYZ * z, dx)
    dy = tl.where(k == 10, x * _C3_XYZ * z, dy)
    dz = tl.where(k == 10, x * _C3_XYZ * y, dz)
    dx = tl.where(k == 11, x * (2.0 * _C3_Z) * y, dx)
    dy = tl.where(k == 11, (4.0 * zz - xx - 3.0 * yy) * -_C3_Z, dy)
    dz = tl.where(k == 11, y * (-8.0 * _C3_Z) * z, dz)
    dx = tl.where(k == 12, x * (-6.0 * _C3_ZZ) * z, dx)
    dy = tl.where(k == 12, y * (-6.0 * _C3_ZZ) * z, dy)
    dz = tl.where(k == 12, (2.0 * zz - xx - yy) * (3.0 * _C3_ZZ), dz)
    dx = tl.where(k == 13, (4.0 * zz - 3.0 * xx - yy) * -_C3_Z, dx)
    dy = tl.where(k == 13, x * (2.0 * _C3_Z) * y, dy)
    dz = tl.where(k == 13, x * (-8.0 * _C3_Z) * z, dz)
    dx = tl.where(k == 14, x * (2.0 * _C3_XY) * z, dx)
    dy = tl.where(k == 14, y * (-2.0 * _C3_XY) * z, dy)
    dz = tl.where(k == 14, (xx - yy) * _C3_XY, dz)
    dx = tl.where(k == 15, (xx - yy) * (-3.0 * _C3), dx)
    dy = tl.where(k == 15, x * (6.0 * _C3) * y, dy)
    return dx, dy, dz
