"""From matches to camera poses and points; of several models the largest wins."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pycolmap

from components.shared.resources import available_cpus


def map_incremental(
    database: Path, images: Path, folder: Path, seed: int, count: int, on_fraction: Callable[[float], None]
) -> pycolmap.Reconstruction | None:
    """Add photo after photo. None if no two of them fit."""
    registered = 0

    def count_image() -> None:
        nonlocal registered
        registered += 1
        on_fraction(min(1.0, registered / count))

    options = pycolmap.IncrementalPipelineOptions()
    options.num_threads = available_cpus()
    options.random_seed = seed
    folder.mkdir(parents=True, exist_ok=True)
    models = pycolmap.incremental_mapping(
        database, images, folder, options=options, next_image_callback=count_image
    )
    return largest_model(list(models.values()))


def map_global(database: Path, images: Path, folder: Path, seed: int) -> pycolmap.Reconstruction | None:
    """Solve for all photos at once; it takes more work on small sets, and other chances."""
    options = pycolmap.GlobalPipelineOptions()
    options.num_threads = available_cpus()
    options.random_seed = seed
    folder.mkdir(parents=True, exist_ok=True)
    return largest_model(list(pycolmap.global_mapping(database, images, folder, options=options).values()))


def largest_model(models: list[pycolmap.Reconstruction]) -> pycolmap.Reconstruction | None:
    """By registered photos, then by points: COLMAP numbers models in the order it found them."""
    return max(models, key=lambda model: (model.num_reg_images(), model.num_points3D()), default=None)
