"""Incremental mapping: one photo after the other."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pycolmap

from components.sfm.configurations import FeatureOptions
from components.sfm.features.create_database import is_exact
from components.sfm.mapping.models import largest_model
from components.sfm.mapping.threads import mapper_threads

_GROWTH = 1.3
"""Growth of the model between adjustments of all photos; COLMAP's own is 1.1. At each doubling, with one
refinement, a photo of bonsai was 9 degrees off."""


def map_incremental(
    database: Path,
    models: Path,
    *,
    features: FeatureOptions,
    seed: int,
    max_seconds: float,
    on_count: Callable[[int], None],
) -> pycolmap.Reconstruction | None:
    """Poses and points; None if no initial pair is found. Of several models the largest is kept.

    After `max_seconds` the photos that have no pose yet stay without. `models`: a folder for COLMAP's files.
    """
    registered = 0

    def count(photos: int) -> None:
        nonlocal registered
        registered += photos
        on_count(registered)

    options = _options(database, features, seed)
    options.max_runtime_seconds = max(1, int(max_seconds))
    found = pycolmap.incremental_mapping(
        database,
        database.parent,  # where photos are: none is read
        models,
        options=options,
        initial_image_pair_callback=lambda: count(2),
        next_image_callback=lambda: count(1),
    )
    return largest_model(found.values())


def _options(database: Path, features: FeatureOptions, seed: int) -> pycolmap.IncrementalPipelineOptions:
    with pycolmap.Database.open(database) as opened:
        photos, cameras = opened.num_images(), opened.read_all_cameras()
    options = pycolmap.IncrementalPipelineOptions()
    options.extract_colors = False
    options.ba_refine_sensor_from_rig = False  # rigs are the views of 360° photos, which are exact
    options.constant_cameras = {camera.camera_id for camera in cameras if is_exact(camera)}
    options.num_threads = mapper_threads(photos)
    options.random_seed = options.mapper.random_seed = options.triangulation.random_seed = seed
    options.ba_global_frames_ratio = options.ba_global_points_ratio = _GROWTH
    options.mapper.abs_pose_min_num_inliers = features.min_inliers
    options.mapper.init_min_tri_angle = features.min_initial_angle_degrees
    return options
