"""Bundle adjustment of a synthetic model with noise and outliers."""

from __future__ import annotations

import numpy as np
import pycolmap
import pytest

from components.sfm.mapping import adjust as module
from components.sfm.mapping.adjust import adjust

NOISE_PX, OUTLIER_PX, OUTLIERS = 0.15, 2.0, 0.1


@pytest.fixture
def truth():
    options = pycolmap.SyntheticDatasetOptions()
    options.num_rigs, options.num_frames_per_rig, options.num_points3D = 1, 10, 300
    pycolmap.set_random_seed(0)
    return pycolmap.synthesize_dataset(options)


def disturbed(truth):
    """Noise on all observations, and much of it on some, towards one side."""
    model, random = pycolmap.Reconstruction(truth), np.random.default_rng(0)
    for image in model.images.values():
        for point in image.points2D:
            far = OUTLIER_PX * (random.random() < OUTLIERS)
            point.xy = point.xy + random.normal(0, NOISE_PX, 2) + [far, 0]
    return model


def mean_rotation_error(model, truth):
    alignment = pycolmap.align_reconstructions_via_proj_centers(model, truth, 0.1)
    aligned = pycolmap.Reconstruction(model)
    aligned.transform(alignment)
    turns = [
        (image.cam_from_world().rotation * truth.images[number].cam_from_world().rotation.inverse()).angle()
        for number, image in aligned.images.items()
    ]
    return np.degrees(np.mean(turns))


def test_outliers_move_poses_less_than_with_the_scale_of_colmap(truth, monkeypatch):
    model = disturbed(truth)
    adjust(model)
    error = mean_rotation_error(model, truth)
    monkeypatch.setattr(module, "_LEAST_SCALE_PX", 1.0)
    model = disturbed(truth)
    adjust(model)
    assert error < 0.8 * mean_rotation_error(model, truth)


def test_exact_observations_keep_the_poses(truth):
    model = pycolmap.Reconstruction(truth)
    adjust(model)
    assert mean_rotation_error(model, truth) < 1e-5
    assert model.num_points3D() == truth.num_points3D()
