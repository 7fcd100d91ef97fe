"""The flat views that stand for a fisheye's picture: where they look, and what the lens sees of them."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import pycolmap

from components.sfm.scene_images.resample import UndistortionMap

_TILT_DEGREES = 55.0
"""From the axis of the lens to that of the views beside it: with 90° by 90°, the five views show 99.6 % of
what is within 84° of the axis, 1.6 times in the mean; of the views beside the first 23 % is masked."""
_LAST_DEGREES = 88.0
"""From the axis: COLMAP's models end at 90°."""
_MIN_SEEN = 0.5
"""Fraction of a view that the lens must see."""
_RIGHT_AND_DOWN = {"front": (0, 0), "left": (-1, 0), "right": (1, 0), "up": (0, -1), "down": (0, 1)}


@dataclass(frozen=True, slots=True)
class FisheyeView:
    """One flat view; its camera is that of `view_camera`.

    cam_from_lens: rotation [3, 3]. mapping: where its pixels lie in the fisheye's picture. seen: bool [H, W],
    whether the lens sees them.
    """

    name: str
    cam_from_lens: np.ndarray
    mapping: UndistortionMap
    seen: np.ndarray


def view_camera(fisheye: pycolmap.Camera, max_side_px: int) -> pycolmap.Camera:
    """The PINHOLE camera of all views, of 90° by 90°.

    In the middle of the front view its pixels are as large as the fisheye's, or larger where a side would
    exceed `max_side_px`.
    """
    side = min(max_side_px, round(2 * fisheye.mean_focal_length()))
    return pycolmap.Camera(
        model="PINHOLE", width=side, height=side, params=[side / 2, side / 2, side / 2, side / 2]
    )


def fisheye_views(fisheye: pycolmap.Camera, camera: pycolmap.Camera) -> list[FisheyeView]:
    """The views that the lens sees enough of, the front view first."""
    x, y = np.meshgrid(np.arange(camera.width) + 0.5, np.arange(camera.height) + 0.5)
    pixels = np.stack([x.ravel(), y.ravel()], axis=1)
    rays = np.column_stack([camera.cam_from_img(pixels), np.ones(len(pixels))])
    views = [_view(name, rays, fisheye, camera) for name in _RIGHT_AND_DOWN]
    return [view for view in views if view.name == "front" or view.seen.mean() >= _MIN_SEEN]


def _view(name: str, rays: np.ndarray, fisheye: pycolmap.Camera, camera: pycolmap.Camera) -> FisheyeView:
    rotation = _cam_from_lens(*_RIGHT_AND_DOWN[name])
    in_lens = rays @ rotation
    in_lens /= np.linalg.norm(in_lens, axis=1, keepdims=True)
    seen = in_lens[:, 2] > math.cos(math.radians(_LAST_DEGREES))
    size = fisheye.width, fisheye.height
    positions = np.zeros((len(rays), 2), np.float32)
    positions[seen] = fisheye.img_from_cam(in_lens[seen]) / size
    seen &= ((positions >= 0) & (positions < 1)).all(axis=1)
    shape = camera.height, camera.width
    return FisheyeView(
        name, rotation, UndistortionMap(positions.reshape(*shape, 2), size), seen.reshape(shape)
    )


def _cam_from_lens(right: int, down: int) -> np.ndarray:
    yaw, pitch = math.radians(right * _TILT_DEGREES), math.radians(down * _TILT_DEGREES)
    turn = np.array([[math.cos(yaw), 0, -math.sin(yaw)], [0, 1, 0], [math.sin(yaw), 0, math.cos(yaw)]])
    nod = np.array([[1, 0, 0], [0, math.cos(pitch), -math.sin(pitch)], [0, math.sin(pitch), math.cos(pitch)]])
    return np.asarray(nod @ turn)
