"""The points of a model whose poses are known, and an adjustment of both."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import pycolmap

from components.sfm.mapping.threads import mapper_threads

_MAX_ERROR_PX, _MIN_ANGLE_DEGREES = 4.0, 1.5
"""COLMAP's own bounds of the incremental mapper."""
_MAX_ITERATIONS, _TOLERANCE = 20, 1e-4


def triangulate(
    model: pycolmap.Reconstruction,
    database: Path,
    models: Path,
    *,
    seed: int,
    keep_two_view_points: bool,
) -> pycolmap.Reconstruction:
    """The model with the points of all verified matches, in place of its own; its poses are kept."""
    options = pycolmap.IncrementalPipelineOptions()
    options.extract_colors = False
    options.ba_refine_sensor_from_rig = False
    options.num_threads = mapper_threads(model.num_images())
    options.ba_global_max_refinements = 1  # COLMAP's 5 take twice the time, and `adjust` follows
    options.random_seed = options.triangulation.random_seed = seed
    options.triangulation.ignore_two_view_tracks = not keep_two_view_points
    return pycolmap.triangulate_points(model, database, database.parent, models, options=options)


def adjust(model: pycolmap.Reconstruction, exact_cameras: Iterable[int]) -> None:
    """Adjust poses, points and intrinsics to each other in place, and drop points that do not fit.

    The intrinsics of `exact_cameras` and the rotations within rigs are kept.
    """
    options = pycolmap.BundleAdjustmentOptions()
    options.print_summary = False
    options.min_track_length = 2
    options.refine_sensor_from_rig = False
    options.ceres.loss_function_type = pycolmap.LossFunctionType.SOFT_L1
    options.ceres.solver_options.num_threads = mapper_threads(model.num_images())
    options.ceres.solver_options.max_num_iterations = _MAX_ITERATIONS
    options.ceres.solver_options.function_tolerance = _TOLERANCE
    pycolmap.create_default_bundle_adjuster(options, _config(model, exact_cameras), model).solve()
    model.update_point_3d_errors()
    pycolmap.ObservationManager(model).filter_all_points3D(_MAX_ERROR_PX, _MIN_ANGLE_DEGREES)


def _config(model: pycolmap.Reconstruction, exact_cameras: Iterable[int]) -> pycolmap.BundleAdjustmentConfig:
    config = pycolmap.BundleAdjustmentConfig()
    for image_id in model.reg_image_ids():
        config.add_image(image_id)
    for camera_id in exact_cameras:
        config.set_constant_cam_intrinsics(camera_id)
    config.fix_gauge(pycolmap.BundleAdjustmentGauge.TWO_CAMS_FROM_WORLD)
    return config
