"""The points of a model whose poses are known."""

from __future__ import annotations

from pathlib import Path

import pycolmap

from components.sfm.mapping.threads import mapper_threads


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
