"""Reprojection errors, in pixels of the shrunk photos."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pycolmap


def errors_px(model: pycolmap.Reconstruction) -> dict[int, np.ndarray]:
    """By id of each registered image: the reprojection errors [M] of its observations."""
    positions = {id_: point.xyz for id_, point in model.points3D.items()}
    return {image_id: _errors(model.images[image_id], positions) for image_id in model.reg_image_ids()}


def mean_of(errors: Mapping[int, np.ndarray]) -> float | None:
    """Mean over all observations of all images, of `errors_px`; None without any."""
    every = np.concatenate([np.empty(0), *errors.values()])
    return float(every.mean()) if len(every) else None


def mean_error_px(model: pycolmap.Reconstruction) -> float | None:
    """`mean_of` the errors of a model; None without points."""
    return mean_of(errors_px(model))


def _errors(image: pycolmap.Image, positions: Mapping[int, np.ndarray]) -> np.ndarray:
    """Distances between projected and observed points, through COLMAP's camera model with its distortion."""
    observed, camera = image.get_observation_points2D(), image.camera
    if not observed or camera is None:
        return np.empty(0)
    pixels = np.array([point.xy for point in observed])
    points = np.array([positions[point.point3D_id] for point in observed])
    projected = camera.img_from_cam(image.cam_from_world() * points)
    return np.asarray(np.linalg.norm(projected - pixels, axis=1))
