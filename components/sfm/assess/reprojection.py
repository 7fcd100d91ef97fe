"""Reprojection errors, in pixels of the shrunk photos."""

from __future__ import annotations

import numpy as np
import pycolmap


def errors_px(model: pycolmap.Reconstruction) -> dict[int, np.ndarray]:
    """By id of each registered image: the reprojection errors [M] of its observations."""
    return {image_id: _errors(model, model.images[image_id]) for image_id in model.reg_image_ids()}


def mean_error_px(model: pycolmap.Reconstruction) -> float | None:
    """Mean over all observations of all images; None without points."""
    errors = np.concatenate([np.empty(0), *errors_px(model).values()])
    return float(errors.mean()) if len(errors) else None


def _errors(model: pycolmap.Reconstruction, image: pycolmap.Image) -> np.ndarray:
    """Distances between projected and observed points, through COLMAP's camera model with its distortion."""
    observed = image.get_observation_points2D()
    if not observed:
        return np.empty(0)
    pixels = np.array([point.xy for point in observed])
    points = np.array([model.points3D[point.point3D_id].xyz for point in observed])
    projected = model.cameras[image.camera_id].img_from_cam(image.cam_from_world() * points)
    return np.linalg.norm(projected - pixels, axis=1)
