"""Global mapping: the rotations of all photos at once, then all positions."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import pycolmap
from pycolmap import pyceres

from components.sfm.features.create_database import is_exact
from components.sfm.mapping.models import largest_model
from components.sfm.mapping.threads import mapper_threads

_TRACKS = 30_000
_FEWEST_TRACKS_PER_PHOTO = 150
"""COLMAP estimates positions from all tracks. Of many photos so many of each give the same poses in a quarter
of the time (bonsai, 252 photos); 16 photos of two cameras need more to be calibrated. The other points are
triangulated afterwards."""
_ADJUSTMENTS = 2
_MOST_THREADS = 8
"""On 16 CPUs bonsai's positions take 5.5 to 5.8 s instead of 6.2 to 7.2 with 4, for a fifth more CPU time."""
STEPS = 1 + _ADJUSTMENTS
"""Number of times that `map_global` calls `on_step`, if there is one model and COLMAP's defaults are not
needed."""


def map_global(database: Path, *, seed: int, on_step: Callable[[], None]) -> pycolmap.Reconstruction | None:
    """Poses, and the few points that they were estimated from; None if no two photos fit together.

    Of several models the largest is kept. `on_step` is called after the positions and after each bundle
    adjustment. Where few tracks give no model, all are used, and adjusted as COLMAP has it.
    """
    with pycolmap.Database.open(database) as opened:
        cameras, photos = opened.read_all_cameras(), opened.num_images()
        for is_fast in (True, False):
            options = _options(cameras, photos, seed)
            if is_fast:
                _hasten(options.mapper, photos)
            manager = pycolmap.ReconstructionManager()
            pipeline = pycolmap.GlobalPipeline(options, opened, manager)
            pipeline.add_callback(pycolmap.GlobalPipelineCallback.MODEL_UPDATE_CALLBACK, on_step)
            pipeline.run()
            model = largest_model(manager.get(index) for index in range(manager.size()))
            if model is not None:
                _restore_exact(model, cameras)
                return model
    return None


def _hasten(mapper: pycolmap.GlobalMapperOptions, photos: int) -> None:
    mapper.track_required_tracks_per_view = max(_FEWEST_TRACKS_PER_PHOTO, _TRACKS // photos)
    mapper.ba_num_iterations = _ADJUSTMENTS
    # With a prior of the focal length that is far off, adjusting positions alone can lose all points.
    mapper.ba_skip_fixed_rotation_stage = True
    # Steps that are refused cost no new factorization: one thread's work, a quarter of bonsai's adjustments.
    solver = mapper.bundle_adjustment.ceres.solver_options
    solver.trust_region_strategy_type = pyceres.TrustRegionStrategyType.DOGLEG


def _restore_exact(model: pycolmap.Reconstruction, cameras: Sequence[pycolmap.Camera]) -> None:
    """Undo the calibration of cameras that are known exactly: COLMAP calibrates all or none."""
    for camera in cameras:
        if is_exact(camera) and model.exists_camera(camera.camera_id):
            model.cameras[camera.camera_id].params = list(camera.params)


def _options(cameras: Sequence[pycolmap.Camera], photos: int, seed: int) -> pycolmap.GlobalPipelineOptions:
    options = pycolmap.GlobalPipelineOptions()
    options.num_threads = options.mapper.num_threads = mapper_threads(photos, _MOST_THREADS)
    options.random_seed = options.mapper.random_seed = seed
    options.mapper.skip_retriangulation = True
    options.mapper.refine_sensor_from_rig = False
    if all(is_exact(camera) for camera in cameras):
        options.mapper.bundle_adjustment.refine_focal_length = False
        options.mapper.bundle_adjustment.refine_extra_params = False
    return options
