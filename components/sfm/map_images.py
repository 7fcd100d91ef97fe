"""From matches to camera poses and points; of several models the largest wins."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pycolmap

from components.sfm.effort import Effort
from components.shared.resources import available_cpus


def map_incremental(
    database: Path,
    photos_folder: Path,
    models: Path,
    *,
    effort: Effort,
    seed: int,
    on_count: Callable[[int], None],
) -> pycolmap.Reconstruction | None:
    """Add photo after photo. None if no two of them fit."""
    placed = 0

    def count(photos: int) -> None:
        nonlocal placed
        placed += photos
        on_count(placed)

    models.mkdir()
    found = pycolmap.incremental_mapping(
        database,
        photos_folder,
        models,
        options=_incremental_options(effort, seed),
        initial_image_pair_callback=lambda: count(2),
        next_image_callback=lambda: count(1),
    )
    return largest_model(list(found.values()))


def map_global(
    database: Path, photos_folder: Path, models: Path, *, seed: int
) -> pycolmap.Reconstruction | None:
    """Solve for all photos at once: more work on small sets, other chances, and no word on the way."""
    options = pycolmap.GlobalPipelineOptions()
    options.num_threads = available_cpus()
    options.random_seed = seed
    models.mkdir()
    found = pycolmap.global_mapping(database, photos_folder, models, options=options)
    return largest_model(list(found.values()))


def largest_model(models: list[pycolmap.Reconstruction]) -> pycolmap.Reconstruction | None:
    """By registered photos, then by points: COLMAP numbers models in the order it found them."""
    return max(models, key=lambda model: (model.num_reg_images(), model.num_points3D()), default=None)


def _incremental_options(effort: Effort, seed: int) -> pycolmap.IncrementalPipelineOptions:
    options = pycolmap.IncrementalPipelineOptions()
    options.num_threads = available_cpus()
    options.random_seed = options.mapper.random_seed = options.triangulation.random_seed = seed
    options.mapper.abs_pose_min_num_inliers = effort.min_matches_to_place
    options.mapper.init_min_tri_angle = effort.min_first_angle_degrees
    return options
