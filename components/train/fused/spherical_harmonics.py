"""Real spherical harmonics up to degree 3 with the signs of 3DGS: all values of a direction side by side.

`k` is [1, 16], the direction's x, y, z are [n, 1]; results are [n, 16].
"""

from __future__ import annotations

import triton
import triton.language as tl

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
    b = tl.where(k == 0, C0, -_C1 * y)
    b = tl.where(k == 2, _C1 * z, b)
    b = tl.where(k == 3, -_C1 * x, b)
    b = tl.where(k == 4, _C2 * x * y, b)
    b = tl.where(k == 5, -_C2 * y * z, b)
    b = tl.where(k == 6, _C2_Z * (2.0 * zz - xx - yy), b)
    b = tl.where(k == 7, -_C2 * x * z, b)
    b = tl.where(k == 8, _C2_XY * (xx - yy), b)
    b = tl.where(k == 9, -_C3 * y * (3.0 * xx - yy), b)
    b = tl.where(k == 10, _C3_XYZ * x * y * z, b)
    b = tl.where(k == 11, -_C3_Z * y * (4.0 * zz - xx - yy), b)
    b = tl.where(k == 12, _C3_ZZ * z * (2.0 * zz - 3.0 * xx - 3.0 * yy), b)
    b = tl.where(k == 13, -_C3_Z * x * (4.0 * zz - xx - yy), b)
    b = tl.where(k == 14, _C3_XY * z * (xx - yy), b)
    return tl.where(k == 15, -_C3 * x * (xx - 3.0 * yy), b)


@triton.jit
def basis_slopes(k, x, y, z):
    """Derivatives of `basis` to x, y and z, as polynomials: the direction's length is free."""
    xx, yy, zz = x * x, y * y, z * z
    zero = 0.0 * (x + k)
    dx = tl.where(k == 3, -_C1, zero)
    dy = tl.where(k == 1, -_C1, zero)
    dz = tl.where(k == 2, _C1, zero)
    dx = tl.where(k == 4, _C2 * y, dx)
    dy = tl.where(k == 4, _C2 * x, dy)
    dy = tl.where(k == 5, -_C2 * z, dy)
    dz = tl.where(k == 5, -_C2 * y, dz)
    dx = tl.where(k == 6, -2.0 * _C2_Z * x, dx)
    dy = tl.where(k == 6, -2.0 * _C2_Z * y, dy)
    dz = tl.where(k == 6, 4.0 * _C2_Z * z, dz)
    dx = tl.where(k == 7, -_C2 * z, dx)
    dz = tl.where(k == 7, -_C2 * x, dz)
    dx = tl.where(k == 8, 2.0 * _C2_XY * x, dx)
    dy = tl.where(k == 8, -2.0 * _C2_XY * y, dy)
    dx = tl.where(k == 9, -6.0 * _C3 * x * y, dx)
    dy = tl.where(k == 9, -3.0 * _C3 * (xx - yy), dy)
    dx = tl.where(k == 10, _C3_XYZ * y * z, dx)
    dy = tl.where(k == 10, _C3_XYZ * x * z, dy)
    dz = tl.where(k == 10, _C3_XYZ * x * y, dz)
    dx = tl.where(k == 11, 2.0 * _C3_Z * x * y, dx)
    dy = tl.where(k == 11, -_C3_Z * (4.0 * zz - xx - 3.0 * yy), dy)
    dz = tl.where(k == 11, -8.0 * _C3_Z * y * z, dz)
    dx = tl.where(k == 12, -6.0 * _C3_ZZ * x * z, dx)
    dy = tl.where(k == 12, -6.0 * _C3_ZZ * y * z, dy)
    dz = tl.where(k == 12, 3.0 * _C3_ZZ * (2.0 * zz - xx - yy), dz)
    dx = tl.where(k == 13, -_C3_Z * (4.0 * zz - 3.0 * xx - yy), dx)
    dy = tl.where(k == 13, 2.0 * _C3_Z * x * y, dy)
    dz = tl.where(k == 13, -8.0 * _C3_Z * x * z, dz)
    dx = tl.where(k == 14, 2.0 * _C3_XY * x * z, dx)
    dy = tl.where(k == 14, -2.0 * _C3_XY * y * z, dy)
    dz = tl.where(k == 14, _C3_XY * (xx - yy), dz)
    dx = tl.where(k == 15, -3.0 * _C3 * (xx - yy), dx)
    dy = tl.where(k == 15, 6.0 * _C3 * x * y, dy)
    return dx, dy, dz
