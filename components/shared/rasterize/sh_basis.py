"""The real spherical harmonics of 3DGS, of arrays or tensors alike."""

from __future__ import annotations

from typing import Any

from components.shared.rasterize.conventions import (
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


def sh_basis(x: Any, y: Any, z: Any) -> list[Any]:
    """Values of the 15 functions of degree 1 to 3, in the order of shN, for unit vectors (x, y, z).

    x, y, z: NumPy arrays or torch tensors of one shape, which is that of each result.
    """
    xx, yy, zz = x * x, y * y, z * z
    return [
        *(-SH_C1 * y, SH_C1 * z, -SH_C1 * x),
        SH_C2 * x * y,
        -SH_C2 * y * z,
        SH_C2_Z * (2 * zz - xx - yy),
        -SH_C2 * x * z,
        SH_C2_XY * (xx - yy),
        -SH_C3 * y * (3 * xx - yy),
        SH_C3_XYZ * x * y * z,
        -SH_C3_Z * y * (4 * zz - xx - yy),
        SH_C3_ZZ * z * (2 * zz - 3 * xx - 3 * yy),
        -SH_C3_Z * x * (4 * zz - xx - yy),
        SH_C3_XY * z * (xx - yy),
        -SH_C3 * x * (xx - 3 * yy),
    ]
