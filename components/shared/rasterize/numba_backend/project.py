"""Gaussians in the world -> ellipses with a colour on the image."""

from __future__ import annotations

import math

import numpy as np
from numba import njit

from components.shared.rasterize.conventions import ALPHA_MIN, EPS2D, EXTENT_MAX_SIGMAS, NEAR_PLANE
from components.shared.rasterize.numba_backend.layout import OPACITY, REACH, RED, A, B, C, X, Y
from components.shared.rasterize.numba_backend.pinhole import (
    Pinhole,
    affine_rows,
    clamped_slopes,
    rotation_rows,
)
from components.shared.rasterize.numba_backend.spherical_harmonics import sh_basis
from components.shared.rasterize.numba_backend.vectors import Vector, dot, norm3, norm4, rotation_columns

_RADIUS_MAX_PX = 1e6


@njit(cache=True, error_model="numpy", nogil=True)
def project(
    means: np.ndarray,
    quats: np.ndarray,
    scales: np.ndarray,
    opacities: np.ndarray,
    sh0: np.ndarray,
    shN: np.ndarray,
    sh_degree: int,
    camera: Pinhole,
    splats2d: np.ndarray,
    depths: np.ndarray,
    radii: np.ndarray,
    start: int,
    stop: int,
) -> None:
    """Fill rows start:stop of splats2d [N, COLUMNS], depths [N] and radii [N] px.

    The Gaussians come in the encodings of `Rasterizer`. Where radii is 0 the Gaussian is culled and
    the rest is undefined; that includes Gaussians that are not finite or cover a million pixels across.
    """
    rows = rotation_rows(camera)
    basis = np.empty(16)
    for i in range(start, stop):
        radii[i] = 0
        mean = (float(means[i, 0]), float(means[i, 1]), float(means[i, 2]))
        x = dot(rows[0], mean) + camera.translation[0]
        y = dot(rows[1], mean) + camera.translation[1]
        z = dot(rows[2], mean) + camera.translation[2]
        opacity = sigmoid(opacities[i])
        if not (z >= NEAR_PLANE and opacity >= ALPHA_MIN):
            continue
        slope_x, slope_y = clamped_slopes(camera, x, y, z)
        t0, t1 = affine_rows(camera, rows, slope_x, slope_y, z)
        xx, xy, yy = covariance2d(quats, scales, i, t0, t1)
        if camera.antialiased:
            opacity *= compensation(xx, xy, yy)
            if not opacity >= ALPHA_MIN:
                continue
        reach = 2.0 * math.log(opacity / ALPHA_MIN)
        px, py = camera.fx * x / z + camera.cx, camera.fy * y / z + camera.cy
        radius = _visible_radius(camera, px, py, xx, xy, yy, min(EXTENT_MAX_SIGMAS, math.sqrt(reach)))
        if radius == 0:
            continue
        radii[i] = radius
        depths[i] = z
        _write_ellipse(splats2d, i, px, py, xx, xy, yy)
        splats2d[i, OPACITY] = opacity
        splats2d[i, REACH] = reach * 1.001 + 1e-3
        _write_color(splats2d, i, sh0, shN, sh_degree, view_direction(camera, mean)[0], basis)


@njit(cache=True, error_model="numpy")
def covariance2d(
    quats: np.ndarray, scales: np.ndarray, i: int, t0: Vector, t1: Vector
) -> tuple[float, float, float]:
    """xx, xy, yy of the blurred covariance on the image, px²: T R S S Rᵀ Tᵀ + EPS2D."""
    # As in the backward pass: where a needle's covariance is inverted, each last bit counts.
    length = norm4(quats[i, 0], quats[i, 1], quats[i, 2], quats[i, 3])
    w, x = float(quats[i, 0]) / length, float(quats[i, 1]) / length
    y, z = float(quats[i, 2]) / length, float(quats[i, 3]) / length
    axes = rotation_columns(w, x, y, z)
    xx, xy, yy = EPS2D, 0.0, EPS2D
    for j in range(3):
        variance = math.exp(2.0 * float(scales[i, j]))
        ax, ay = dot(t0, axes[j]), dot(t1, axes[j])
        xx += variance * ax * ax
        xy += variance * ax * ay
        yy += variance * ay * ay
    return xx, xy, yy


@njit(cache=True, error_model="numpy")
def compensation(xx: float, xy: float, yy: float) -> float:
    """Factor of the opacity that compensates for the blur, from the blurred covariance.

    The square root of the ratio of the determinants without and with the blur: the inverse ratio of areas.
    """
    sharp = (xx - EPS2D) * (yy - EPS2D) - xy * xy
    return math.sqrt(max(sharp / (xx * yy - xy * xy), 0.0))


@njit(cache=True, error_model="numpy")
def sigmoid(logit: float) -> float:
    return 1.0 / (1.0 + math.exp(-float(logit)))


@njit(cache=True, error_model="numpy")
def view_direction(camera: Pinhole, mean: Vector) -> tuple[Vector, float]:
    """Unit vector from the camera to the Gaussian, and its distance."""
    center = camera.center
    offset = (mean[0] - center[0], mean[1] - center[1], mean[2] - center[2])
    distance = norm3(offset)
    return (offset[0] / distance, offset[1] / distance, offset[2] / distance), distance


@njit(cache=True, error_model="numpy")
def _visible_radius(
    camera: Pinhole, px: float, py: float, xx: float, xy: float, yy: float, extent: float
) -> int:
    """Radius of the ellipse in px, 0 if it is outside of the image, degenerate or not finite."""
    radius_x, radius_y = extent * math.sqrt(xx), extent * math.sqrt(yy)
    if not (xx * yy - xy * xy > 0.0 and radius_x < _RADIUS_MAX_PX and radius_y < _RADIUS_MAX_PX):
        return 0
    radius_x, radius_y = math.ceil(radius_x), math.ceil(radius_y)
    if not (-radius_x < px < camera.width + radius_x and -radius_y < py < camera.height + radius_y):
        return 0
    return int(max(radius_x, radius_y))


@njit(cache=True, error_model="numpy")
def _write_ellipse(
    splats2d: np.ndarray, i: int, px: float, py: float, xx: float, xy: float, yy: float
) -> None:
    determinant = xx * yy - xy * xy
    splats2d[i, X], splats2d[i, Y] = px, py
    splats2d[i, A] = yy / determinant
    splats2d[i, B] = -xy / determinant
    splats2d[i, C] = xx / determinant


@njit(cache=True, error_model="numpy")
def _write_color(
    splats2d: np.ndarray,
    i: int,
    sh0: np.ndarray,
    shN: np.ndarray,
    sh_degree: int,
    direction: Vector,
    basis: np.ndarray,
) -> None:
    sh_basis(sh_degree, direction, basis)
    for channel in range(3):
        value = 0.5 + basis[0] * sh0[i, channel]
        for k in range(1, (sh_degree + 1) ** 2):
            value += basis[k] * shN[i, k - 1, channel]
        # Not max(): NaN must reach the image, where training finds it.
        splats2d[i, RED + channel] = 0.0 if value < 0.0 else value
