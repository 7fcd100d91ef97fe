"""How far points lie from where the photos show them, in pixels of the photos as they were used."""

from __future__ import annotations

import numpy as np
import pycolmap


def errors_px(model: pycolmap.Reconstruction) -> dict[int, np.ndarray]:
    """Per registered photo id the distances [M] of all its points."""
    return {image_id: _distances(model, model.images[image_id]) for image_id in model.reg_image_ids()}


def mean_error_px(model: pycolmap.Reconstruction) -> float | None:
    """Over all points of all photos; None without points."""
    errors = np.concatenate([np.empty(0), *errors_px(model).values()])
    return float(errors.mean()) if len(errors) else None


def _distances(model: pycolmap.Reconstruction, image: pycolmap.Image) -> np.ndarray:
    observed = image.get_observation_points2D()
    if not observed:
        return np.empty(0)
    pixels = np.array([point.xy for point in observed])
    points = np.array([model.points3D[point.point3D_id].xyz for point in observed])
    pose = image.cam_from_world().matrix()
    projected = model.cameras[image.camera_id].img_from_cam(points @ pose[:, :3].T + pose[:, 3])
    return np.linalg.norm(projected - pixels, axis=1)
