"""The simplest camera model that explains the observations of a model."""

from __future__ import annotations

from collections.abc import Iterable

import pycolmap

from components.sfm.mapping.triangulate import adjust

_MIN_GAIN = 0.05
"""Of the mean reprojection error, for which a second coefficient of radial distortion is kept. It gains 12 %
on photos of a phone and 3 % on photos that were undistorted before (bonsai), whose cameras it turns by 0.1
degrees on average."""


def adjust_simplest(model: pycolmap.Reconstruction, exact_cameras: Iterable[int]) -> pycolmap.Reconstruction:
    """Adjust `model` with its RADIAL cameras and with one coefficient less; return what is better."""
    simple = pycolmap.Reconstruction(model)
    radial = [camera for camera in simple.cameras.values() if camera.model == pycolmap.CameraModelId.RADIAL]
    adjust(model, exact_cameras)
    if not radial:
        return model
    for camera in radial:
        camera.model, camera.params = pycolmap.CameraModelId.SIMPLE_RADIAL, camera.params[:4]
    adjust(simple, exact_cameras)
    errors = [each.compute_mean_reprojection_error() for each in (simple, model)]
    return simple if errors[0] <= (1.0 + _MIN_GAIN) * errors[1] else model
