"""Three-vectors as tuples, which the compiler keeps in registers."""

from __future__ import annotations

import math

from numba import njit

Vector = tuple[float, float, float]


@njit(cache=True, error_model="numpy")
def dot(a: Vector, b: Vector) -> float:
    return a[0] * b[0] + a[1] * b[1] + a[2] * b[2]


@njit(cache=True, error_model="numpy")
def combine(a: Vector, factor_a: float, b: Vector, factor_b: float) -> Vector:
    """factor_a a + factor_b b."""
    return (
        a[0] * factor_a + b[0] * factor_b,
        a[1] * factor_a + b[1] * factor_b,
        a[2] * factor_a + b[2] * factor_b,
    )


@njit(cache=True, error_model="numpy")
def norm3(a: Vector) -> float:
    return math.sqrt(dot(a, a))


@njit(cache=True, error_model="numpy")
def norm4(w: float, x: float, y: float, z: float) -> float:
    return math.sqrt(float(w) ** 2 + float(x) ** 2 + float(y) ** 2 + float(z) ** 2)


@njit(cache=True, error_model="numpy")
def rotation_columns(w: float, x: float, y: float, z: float) -> tuple[Vector, Vector, Vector]:
    """Columns of the rotation matrix of a unit quaternion: the Gaussian's axes in the world."""
    return (
        (1.0 - 2.0 * (y * y + z * z), 2.0 * (x * y + w * z), 2.0 * (x * z - w * y)),
        (2.0 * (x * y - w * z), 1.0 - 2.0 * (x * x + z * z), 2.0 * (y * z + w * x)),
        (2.0 * (x * z + w * y), 2.0 * (y * z - w * x), 1.0 - 2.0 * (x * x + y * y)),
    )


@njit(cache=True, error_model="numpy")
def rotation_backward(
    w: float, x: float, y: float, z: float, v0: Vector, v1: Vector, v2: Vector
) -> tuple[float, float, float, float]:
    """Gradient to a unit quaternion from gradients v0, v1, v2 to the columns of its rotation."""
    return (
        2.0 * (x * (v1[2] - v2[1]) + y * (v2[0] - v0[2]) + z * (v0[1] - v1[0])),
        2.0 * (y * (v0[1] + v1[0]) + z * (v0[2] + v2[0]) + w * (v1[2] - v2[1]) - 2.0 * x * (v1[1] + v2[2])),
        2.0 * (x * (v0[1] + v1[0]) + z * (v1[2] + v2[1]) + w * (v2[0] - v0[2]) - 2.0 * y * (v0[0] + v2[2])),
        2.0 * (x * (v0[2] + v2[0]) + y * (v1[2] + v2[1]) + w * (v0[1] - v1[0]) - 2.0 * z * (v0[0] + v1[1])),
    )
