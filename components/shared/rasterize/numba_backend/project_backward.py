"""Gradients to ellipses on the image -> gradients to Gaussians in the world."""

from __future__ import annotations

import math

import numpy as np
from numba import njit

from components.shared.rasterize.conventions import EPS2D
from components.shared.rasterize.numba_backend.layout import GRADIENT_COLUMNS, OPACITY, RED, A, B, C, X, Y
from components.shared.rasterize.numba_backend.pinhole import (
    Pinhole,
    affine_rows,
    clamped_slopes,
    rotation_rows,
)
from components.shared.rasterize.numba_backend.project import (
    compensation,
    covariance2d,
    sigmoid,
    view_direction,
)
from components.shared.rasterize.numba_backend.spherical_harmonics import sh_basis, sh_direction_gradient
from components.shared.rasterize.numba_backend.vectors import (
    Vector,
    combine,
    dot,
    norm4,
    rotation_backward,
    rotation_columns,
)


@njit(cache=True, error_model="numpy", nogil=True)
def project_backward(
    means: np.ndarray,
    quats: np.ndarray,
    scales: np.ndarray,
    opacities: np.ndarray,
    shN: np.ndarray,
    sh_degree: int,
    camera: Pinhole,
    splats2d: np.ndarray,
    radii: np.ndarray,
    slots: np.ndarray,
    slot_gradients: np.ndarray,
    v_means2d: np.ndarray,
    v_means: np.ndarray,
    v_quats: np.ndarray,
    v_scales: np.ndarray,
    v_opacities: np.ndarray,
    v_sh0: np.ndarray,
    v_shN: np.ndarray,
    start: int,
    stop: int,
) -> None:
    """Fill rows start:stop of the gradients `v_…`, which come as zeros, shaped as their parameters.

    v_shN may be [N, 0, 3] instead; then it is left out.
    Row i of `splats2d` gathers rows slots[i]:slots[i + 1] of slot_gradients [M, GRADIENT_COLUMNS],
    one per tile; their order is fixed, so equal steps give equal bits.
    """
    rows = rotation_rows(camera)
    basis, v_basis = np.empty(16), np.empty(16)
    v = np.empty(GRADIENT_COLUMNS)
    for i in range(start, stop):
        if radii[i] == 0:
            continue
        for column in range(GRADIENT_COLUMNS):
            v[column] = 0.0
        for slot in range(slots[i], slots[i + 1]):
            for column in range(GRADIENT_COLUMNS):
                v[column] += slot_gradients[slot, column]
        v_means2d[i, 0], v_means2d[i, 1] = v[X], v[Y]
        mean = (float(means[i, 0]), float(means[i, 1]), float(means[i, 2]))
        v_mean_geometry = _ellipse_backward(
            quats, scales, opacities, i, mean, camera, rows, splats2d, v, v_quats, v_scales, v_opacities
        )
        v_mean_color = _color_backward(
            shN, i, sh_degree, mean, camera, splats2d, v, basis, v_basis, v_sh0, v_shN
        )
        for axis in range(3):
            v_means[i, axis] = v_mean_geometry[axis] + v_mean_color[axis]


@njit(cache=True, error_model="numpy")
def _ellipse_backward(
    quats: np.ndarray,
    scales: np.ndarray,
    opacities: np.ndarray,
    i: int,
    mean: Vector,
    camera: Pinhole,
    rows: tuple[Vector, Vector, Vector],
    splats2d: np.ndarray,
    v: np.ndarray,
    v_quats: np.ndarray,
    v_scales: np.ndarray,
    v_opacities: np.ndarray,
) -> Vector:
    """Fill row i of v_quats, v_scales and v_opacities; return the gradient to the mean."""
    x = dot(rows[0], mean) + camera.translation[0]
    y = dot(rows[1], mean) + camera.translation[1]
    z = dot(rows[2], mean) + camera.translation[2]
    slope_x, slope_y = clamped_slopes(camera, x, y, z)
    t0, t1 = affine_rows(camera, rows, slope_x, slope_y, z)
    v_covariance = _inverse_backward(splats2d, i, v)
    opacity = sigmoid(opacities[i])
    v_opacity = v[OPACITY]
    if camera.antialiased:
        covariance = covariance2d(quats, scales, i, t0, t1)
        factor = compensation(covariance[0], covariance[1], covariance[2])
        v_covariance = _compensation_backward(covariance, v_opacity * opacity * factor, v_covariance)
        v_opacity *= factor
    v_opacities[i] = v_opacity * opacity * (1.0 - opacity)
    v_t0, v_t1 = _covariance_backward(quats, scales, i, t0, t1, v_covariance, v_quats, v_scales)

    # T = J W with J = [[fx/z, 0, -fx slope_x/z], [0, fy/z, -fy slope_y/z]].
    v_j00, v_j02 = dot(v_t0, rows[0]), dot(v_t0, rows[2])
    v_j11, v_j12 = dot(v_t1, rows[1]), dot(v_t1, rows[2])
    kx, ky = camera.fx / z, camera.fy / z
    v_x, v_y = kx * v[X], ky * v[Y]
    v_z = -(v_x * x + v_y * y) / z
    v_z += (kx * (slope_x * v_j02 - v_j00) + ky * (slope_y * v_j12 - v_j11)) / z
    if slope_x == x / z:
        v_x -= kx * v_j02 / z
        v_z += kx * v_j02 * slope_x / z
    if slope_y == y / z:
        v_y -= ky * v_j12 / z
        v_z += ky * v_j12 * slope_y / z
    v_xy = combine(rows[0], v_x, rows[1], v_y)
    return combine(v_xy, 1.0, rows[2], v_z)


@njit(cache=True, error_model="numpy")
def _inverse_backward(splats2d: np.ndarray, i: int, v: np.ndarray) -> tuple[float, float, float]:
    """xx, xy, yy of -P V P: the symmetric gradient to the covariance from the one to its inverse P."""
    a, b, c = float(splats2d[i, A]), float(splats2d[i, B]), float(splats2d[i, C])
    va, vb, vc = v[A], 0.5 * v[B], v[C]
    # Columns of V P.
    m00, m10 = va * a + vb * b, vb * a + vc * b
    m01, m11 = va * b + vb * c, vb * b + vc * c
    return -(a * m00 + b * m10), -(a * m01 + b * m11), -(b * m01 + c * m11)


@njit(cache=True, error_model="numpy")
def _compensation_backward(
    covariance: tuple[float, float, float], v_logarithm: float, v_covariance: tuple[float, float, float]
) -> tuple[float, float, float]:
    """Add the gradient of the compensation's logarithm, ½ ln det sharp - ½ ln det blurred, to `v_covariance`.

    The gradient of a determinant's logarithm is the inverse matrix. `sharp` of a visible Gaussian can be
    inverted: where its determinant vanishes, so does the opacity.
    """
    xx, xy, yy = covariance
    sharp = 0.5 * v_logarithm / ((xx - EPS2D) * (yy - EPS2D) - xy * xy)
    blurred = 0.5 * v_logarithm / (xx * yy - xy * xy)
    return (
        v_covariance[0] + sharp * (yy - EPS2D) - blurred * yy,
        v_covariance[1] - (sharp - blurred) * xy,
        v_covariance[2] + sharp * (xx - EPS2D) - blurred * xx,
    )


@njit(cache=True, error_model="numpy")
def _covariance_backward(
    quats: np.ndarray,
    scales: np.ndarray,
    i: int,
    t0: Vector,
    t1: Vector,
    v_covariance: tuple[float, float, float],
    v_quats: np.ndarray,
    v_scales: np.ndarray,
) -> tuple[Vector, Vector]:
    """Fill row i of v_quats and v_scales; return the gradients to t0 and t1.

    The covariance is H Hᵀ with H = T R S, so v_H = 2 v_covariance H.
    """
    length = norm4(quats[i, 0], quats[i, 1], quats[i, 2], quats[i, 3])
    w, x = float(quats[i, 0]) / length, float(quats[i, 1]) / length
    y, z = float(quats[i, 2]) / length, float(quats[i, 3]) / length
    axes = rotation_columns(w, x, y, z)
    xx, xy, yy = v_covariance
    v_axis0, v_t0, v_t1 = _axis_backward(scales, i, 0, axes[0], t0, t1, xx, xy, yy, v_scales)
    v_axis1, v_t0_1, v_t1_1 = _axis_backward(scales, i, 1, axes[1], t0, t1, xx, xy, yy, v_scales)
    v_axis2, v_t0_2, v_t1_2 = _axis_backward(scales, i, 2, axes[2], t0, t1, xx, xy, yy, v_scales)
    vw, vx, vy, vz = rotation_backward(w, x, y, z, v_axis0, v_axis1, v_axis2)
    along = vw * w + vx * x + vy * y + vz * z
    v_quats[i, 0] = (vw - along * w) / length
    v_quats[i, 1] = (vx - along * x) / length
    v_quats[i, 2] = (vy - along * y) / length
    v_quats[i, 3] = (vz - along * z) / length
    v_t0 = combine(combine(v_t0, 1.0, v_t0_1, 1.0), 1.0, v_t0_2, 1.0)
    v_t1 = combine(combine(v_t1, 1.0, v_t1_1, 1.0), 1.0, v_t1_2, 1.0)
    return v_t0, v_t1


@njit(cache=True, error_model="numpy")
def _axis_backward(
    scales: np.ndarray,
    i: int,
    j: int,
    axis: Vector,
    t0: Vector,
    t1: Vector,
    xx: float,
    xy: float,
    yy: float,
    v_scales: np.ndarray,
) -> tuple[Vector, Vector, Vector]:
    """Part of axis j in the gradients to the axis, to t0 and to t1; fills v_scales[i, j]."""
    scale = math.exp(float(scales[i, j]))
    h0, h1 = scale * dot(t0, axis), scale * dot(t1, axis)
    v_h0, v_h1 = 2.0 * (xx * h0 + xy * h1), 2.0 * (xy * h0 + yy * h1)
    # d(h)/d(log scale) is h itself.
    v_scales[i, j] = v_h0 * h0 + v_h1 * h1
    v_axis = combine(t0, scale * v_h0, t1, scale * v_h1)
    return v_axis, combine(axis, scale * v_h0, axis, 0.0), combine(axis, scale * v_h1, axis, 0.0)


@njit(cache=True, error_model="numpy")
def _color_backward(
    shN: np.ndarray,
    i: int,
    sh_degree: int,
    mean: Vector,
    camera: Pinhole,
    splats2d: np.ndarray,
    v: np.ndarray,
    basis: np.ndarray,
    v_basis: np.ndarray,
    v_sh0: np.ndarray,
    v_shN: np.ndarray,
) -> Vector:
    """Fill row i of v_sh0, and of v_shN; return the gradient to the mean through the view direction."""
    direction, distance = view_direction(camera, mean)
    sh_basis(sh_degree, direction, basis)
    for k in range((sh_degree + 1) ** 2):
        v_basis[k] = 0.0
    for channel in range(3):
        if splats2d[i, RED + channel] <= 0.0:
            continue
        v_color = v[RED + channel]
        v_sh0[i, channel] = basis[0] * v_color
        for k in range(1, (sh_degree + 1) ** 2):
            if v_shN.shape[1] > 0:
                v_shN[i, k - 1, channel] = basis[k] * v_color
            v_basis[k] += shN[i, k - 1, channel] * v_color
    v_direction = sh_direction_gradient(sh_degree, direction, v_basis)
    along = dot(v_direction, direction)
    return combine(v_direction, 1.0 / distance, direction, -along / distance)
