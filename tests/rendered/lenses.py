"""Cameras of the captures, and the rays of their pixels, for every camera model of COLMAP."""

from __future__ import annotations

# Before pycolmap: where that is imported first, Pillow's PNG encoder calls its zlib and may hang.
from PIL import Image  # noqa: F401

# isort: split

import math
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import pycolmap

from components.ingest.metadata.read_exif import DIAGONAL_35MM

_NEWTON_STEPS = 12


def pinhole(width: int, height: int, *, focal_35mm: int = 28) -> pycolmap.Camera:
    """A PINHOLE camera whose focal length is exactly what EXIF will say: a whole 35 mm equivalent."""
    focal = focal_px(width, height, focal_35mm)
    return _camera("PINHOLE", width, height, [focal, focal, width / 2, height / 2])


def distorted(
    width: int, height: int, *, focal_35mm: int = 24, terms: tuple[float, ...] = (-0.22, 0.06, 0.0, 0.0)
) -> pycolmap.Camera:
    """An OPENCV camera with the given k1, k2, p1, p2: a wide lens."""
    focal = focal_px(width, height, focal_35mm)
    return _camera("OPENCV", width, height, [focal, focal, width / 2, height / 2, *terms])


def fisheye(side: int, *, degrees: float = 190.0) -> pycolmap.Camera:
    """An OPENCV_FISHEYE camera, equidistant, whose circle of `degrees` touches the sides of the photo."""
    focal = side / math.radians(degrees)
    return _camera("OPENCV_FISHEYE", side, side, [focal, focal, side / 2, side / 2, 0.0, 0.0, 0.0, 0.0])


def sphere(width: int) -> pycolmap.Camera:
    """A full EQUIRECTANGULAR panorama, twice as wide as high."""
    return _camera("EQUIRECTANGULAR", width, width // 2, [width, width // 2])


def focal_px(width: int, height: int, focal_35mm: float) -> float:
    """Focal length in pixels of a 35 mm equivalent, by the diagonal."""
    return focal_35mm / DIAGONAL_35MM * math.hypot(width, height)


def focal_35mm(camera: pycolmap.Camera) -> float | None:
    """The 35 mm equivalent that EXIF gives; None for a panorama."""
    if camera.is_spherical():
        return None
    return camera.mean_focal_length() * DIAGONAL_35MM / math.hypot(camera.width, camera.height)


@dataclass(frozen=True, slots=True)
class Rays:
    """Unit rays of a camera, camera axes (x right, y down, z forward).

    directions: float32 [2H, 2W, 3], four in each pixel; NaN where the lens has no image.
    angles: float32 [H, W], the angle between neighbouring rays, radians.
    """

    directions: np.ndarray
    angles: np.ndarray


def rays_of(camera: pycolmap.Camera, *, max_degrees: float = 190.0) -> Rays:
    """The rays of all pixels, cached; a fisheye's image ends at `max_degrees`, its field of view."""
    return _rays(camera.model_name, camera.width, camera.height, tuple(camera.params), max_degrees)


def ray_directions(camera: pycolmap.Camera, pixels: np.ndarray) -> np.ndarray:
    """Unit rays [N, 3] of pixels [N, 2]; NaN where there is none."""
    if camera.model_name == "OPENCV_FISHEYE":
        return _fisheye_directions(camera.params, pixels)
    return np.asarray(camera.cam_ray_from_img(pixels))


@lru_cache(maxsize=4)
def _rays(model: str, width: int, height: int, params: tuple[float, ...], max_degrees: float) -> Rays:
    camera = _camera(model, width, height, list(params))
    x, y = np.meshgrid(np.arange(2 * width) / 2 + 0.25, np.arange(2 * height) / 2 + 0.25)
    directions = ray_directions(camera, np.column_stack([x.ravel(), y.ravel()]))
    if camera.is_perspective_fisheye():
        directions[directions[:, 2] < math.cos(math.radians(max_degrees / 2))] = np.nan
    directions = directions.reshape(2 * height, 2 * width, 3)
    across = np.linalg.norm(directions[::2, 1::2] - directions[::2, ::2], axis=-1)
    along = np.linalg.norm(directions[1::2, ::2] - directions[::2, ::2], axis=-1)
    angles = np.fmax(across, along)
    angles[np.isnan(angles)] = np.nanmedian(angles)  # at the edge of a fisheye's circle
    return Rays(directions.astype(np.float32), angles.astype(np.float32))


def _fisheye_directions(params: np.ndarray, pixels: np.ndarray) -> np.ndarray:
    """COLMAP's own inverse is wrong beyond 90 degrees from the axis, where this lens still has an image."""
    fx, fy, cx, cy, *terms = params
    x, y = (pixels[:, 0] - cx) / fx, (pixels[:, 1] - cy) / fy
    distorted_angle = np.hypot(x, y)
    theta = distorted_angle.copy()
    for _ in range(_NEWTON_STEPS):
        powers = [theta ** (2 * order) for order in range(5)]
        value = theta * sum(k * power for k, power in zip((1.0, *terms), powers, strict=True))
        slope = sum(
            (2 * order + 1) * k * power
            for order, (k, power) in enumerate(zip((1.0, *terms), powers, strict=True))
        )
        theta = theta - (value - distorted_angle) / slope
    outward = np.sin(theta) / np.maximum(distorted_angle, 1e-12)
    return np.column_stack([outward * x, outward * y, np.cos(theta)])


def _camera(model: str, width: int, height: int, params: list[float]) -> pycolmap.Camera:
    return pycolmap.Camera(model=model, width=width, height=height, params=params, camera_id=1)
