"""Bundle adjustment of a whole model."""

from __future__ import annotations

import pycolmap

from components.sfm.features.create_database import is_exact
from components.sfm.mapping.threads import mapper_threads

_MAX_ERROR_PX, _MIN_ANGLE_DEGREES = 4.0, 1.5
"""COLMAP's own bounds of the incremental mapper."""
_MAX_ITERATIONS, _TOLERANCE = 20, 1e-4
_LEAST_SCALE_PX = 0.1
"""Of the loss. At COLMAP's 1 px, outliers have the weight of squares where features are exact to 0.2 px."""


def adjust(model: pycolmap.Reconstruction) -> None:
    """Adjust poses, points and intrinsics to each other in place, and drop points that do not fit.

    Exact intrinsics and the rotations within rigs are kept. Errors beyond the mean one count linearly.
    """
    model.update_point_3d_errors()
    options = pycolmap.BundleAdjustmentOptions()
    options.print_summary = False
    options.min_track_length = 2
    options.refine_sensor_from_rig = False
    options.ceres.loss_function_type = pycolmap.LossFunctionType.SOFT_L1
    options.ceres.loss_function_scale = max(_LEAST_SCALE_PX, model.compute_mean_reprojection_error())
    options.ceres.solver_options.num_threads = mapper_threads(model.num_images())
    options.ceres.solver_options.max_num_iterations = _MAX_ITERATIONS
    options.ceres.solver_options.function_tolerance = _TOLERANCE
    config = whole_model(model)
    config.fix_gauge(pycolmap.BundleAdjustmentGauge.TWO_CAMS_FROM_WORLD)
    pycolmap.create_default_bundle_adjuster(options, config, model).solve()
    model.update_point_3d_errors()
    pycolmap.ObservationManager(model).filter_all_points3D(_MAX_ERROR_PX, _MIN_ANGLE_DEGREES)


def whole_model(model: pycolmap.Reconstruction) -> pycolmap.BundleAdjustmentConfig:
    """All registered photos are adjusted, and all intrinsics but the exact ones; the gauge is left free."""
    config = pycolmap.BundleAdjustmentConfig()
    for image_id in model.reg_image_ids():
        config.add_image(image_id)
    for camera in model.cameras.values():
        if is_exact(camera):
            config.set_constant_cam_intrinsics(camera.camera_id)
    return config
