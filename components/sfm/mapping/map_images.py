"""Mapping: camera poses and points from matches. Of several models the largest is kept."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pycolmap

from components.sfm.configurations import FeatureOptions
from components.sfm.features.create_database import exact_cameras, has_only_exact_cameras
from components.shared.resources import available_cpus


def map_incremental(
    database: Path,
    photos_folder: Path,
    models: Path,
    *,
    features: FeatureOptions,
    seed: int,
    on_count: Callable[[int], None],
) -> pycolmap.Reconstruction | None:
    """Incremental mapping; None if no initial pair is found."""
    registered = 0

    def count(photos: int) -> None:
        nonlocal registered
        registered += photos
        on_count(registered)

    models.mkdir()
    found = pycolmap.incremental_mapping(
        database,
        photos_folder,
        models,
        options=_incremental_options(database, features, seed),
        initial_image_pair_callback=lambda: count(2),
        next_image_callback=lambda: count(1),
    )
    return largest_model(list(found.values()))


def map_global(
    database: Path, photos_folder: Path, models: Path, *, seed: int
) -> pycolmap.Reconstruction | None:
    """Global mapping: all poses at once, without progress; on small sets it costs more than incremental."""
    options = pycolmap.GlobalPipelineOptions()
    options.num_threads = available_cpus()
    options.random_seed = seed
    options.mapper.refine_sensor_from_rig = False
    if has_only_exact_cameras(database):
        options.mapper.bundle_adjustment.refine_focal_length = False
        options.mapper.bundle_adjustment.refine_extra_params = False
    models.mkdir()
    found = pycolmap.global_mapping(database, photos_folder, models, options=options)
    return largest_model(list(found.values()))


def largest_model(models: list[pycolmap.Reconstruction]) -> pycolmap.Reconstruction | None:
    """The model with the most registered photos, then the most points; COLMAP orders models by creation."""
    return max(models, key=lambda model: (model.num_reg_images(), model.num_points3D()), default=None)


def _incremental_options(
    database: Path, features: FeatureOptions, seed: int
) -> pycolmap.IncrementalPipelineOptions:
    options = pycolmap.IncrementalPipelineOptions()
    options.ba_refine_sensor_from_rig = False  # rigs are the views of 360° photos, which are exact
    options.constant_cameras = exact_cameras(database)
    options.num_threads = available_cpus()
    options.random_seed = options.mapper.random_seed = options.triangulation.random_seed = seed
    options.mapper.abs_pose_min_num_inliers = features.min_inliers
    options.mapper.init_min_tri_angle = features.min_initial_angle_degrees
    return options
