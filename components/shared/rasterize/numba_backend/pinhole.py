"""The camera as kernels read it, and the affine approximation of its projection (EWA splatting)."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numba import njit

from components.shared.rasterize.conventions import FIELD_OF_VIEW_MARGIN
from components.shared.rasterize.numba_backend.vectors import Vector, combine
from components.shared.scene import Camera


class Pinhole(NamedTuple):
    """float64: rotation [3, 3] and translation [3] cam_from_world; center [3]; focal lengths and centre, px.

    limits [4] are the least and greatest x/z, then y/z, for which the Jacobian is evaluated;
    antialiased: opacities are compensated for the blur.
    """

    rotation: np.ndarray
    translation: np.ndarray
    center: np.ndarray
    fx: float
    fy: float
    cx: float
    cy: float
    limits: np.ndarray
    width: int
    height: int
    antialiased: bool


def pinhole(camera: Camera, antialiased: bool = False) -> Pinhole:
    """The camera as kernels read it."""
    fx, fy, cx, cy = (float(camera.K[at]) for at in ((0, 0), (1, 1), (0, 2), (1, 2)))
    margin_x = FIELD_OF_VIEW_MARGIN * 0.5 * camera.width / fx
    margin_y = FIELD_OF_VIEW_MARGIN * 0.5 * camera.height / fy
    limits = (
        -cx / fx - margin_x,
        (camera.width - cx) / fx + margin_x,
        -cy / fy - margin_y,
        (camera.height - cy) / fy + margin_y,
    )
    return Pinhole(
        rotation=np.array(camera.viewmat[:3, :3], np.float64, order="C"),
        translation=np.array(camera.viewmat[:3, 3], np.float64),
        center=np.array(camera.center, np.float64),
        fx=fx,
        fy=fy,
        cx=cx,
        cy=cy,
        limits=np.array(limits, np.float64),
        width=int(camera.width),
        height=int(camera.height),
        antialiased=antialiased,
    )


@njit(cache=True, error_model="numpy")
def rotation_rows(camera: Pinhole) -> tuple[Vector, Vector, Vector]:
    r = camera.rotation
    return (
        (r[0, 0], r[0, 1], r[0, 2]),
        (r[1, 0], r[1, 1], r[1, 2]),
        (r[2, 0], r[2, 1], r[2, 2]),
    )


@njit(cache=True, error_model="numpy")
def clamped_slopes(camera: Pinhole, x: float, y: float, z: float) -> tuple[float, float]:
    """x/z and y/z, clamped near the image: far outside, the affine approximation explodes."""
    limits = camera.limits
    return min(max(x / z, limits[0]), limits[1]), min(max(y / z, limits[2]), limits[3])


@njit(cache=True, error_model="numpy")
def affine_rows(
    camera: Pinhole, rows: tuple[Vector, Vector, Vector], slope_x: float, slope_y: float, z: float
) -> tuple[Vector, Vector]:
    """Rows of d(pixel)/d(world): the projection's Jacobian times the camera's rotation, px per unit."""
    return (
        combine(rows[0], camera.fx / z, rows[2], -camera.fx * slope_x / z),
        combine(rows[1], camera.fy / z, rows[2], -camera.fy * slope_y / z),
    )
