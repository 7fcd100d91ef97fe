"""Reprojection errors, in pixels of the shrunk photos."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pycolmap

from components.sfm.features_of import NO_POINT, features_of


def errors_px(model: pycolmap.Reconstruction) -> dict[int, np.ndarray]:
    """By id of each registered image: the reprojection errors [M] of its observations."""
    ids = np.array(sorted(model.points3D), np.int64)
    positions = np.array([model.points3D[int(id_)].xyz for id_ in ids]).reshape(-1, 3)
    errors = {}
    for image_id, features in features_of(model).items():
        seen = features[features["point"] != NO_POINT]
        points = positions[np.searchsorted(ids, seen["point"])]
        errors[image_id] = _errors(model.images[image_id], seen["xy"], points)
    return errors


def mean_of(errors: Mapping[int, np.ndarray]) -> float | None:
    """Mean over all observations of all images, of `errors_px`; None without any."""
    every = np.concatenate([np.empty(0), *errors.values()])
    return float(every.mean()) if len(every) else None


def mean_error_px(model: pycolmap.Reconstruction) -> float | None:
    """`mean_of` the errors of a model; None without points."""
    return mean_of(errors_px(model))


def _errors(image: pycolmap.Image, pixels: np.ndarray, points: np.ndarray) -> np.ndarray:
    """Distances of projected points [N, 3] from pixels [N, 2], by COLMAP's camera model with distortion."""
    camera = image.camera
    if len(points) == 0 or camera is None:
        return np.empty(0)
    projected = camera.img_from_cam(image.cam_from_world() * points)
    return np.asarray(np.linalg.norm(projected - pixels, axis=1))
