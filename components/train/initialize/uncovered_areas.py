"""Initial points in image areas without points of structure from motion: skies, bare walls."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from functools import partial

import numpy as np
import torch
from scipy.spatial import KDTree
from torch import Tensor

from components.shared.resources import available_cpus
from components.train.scene.pinhole import project, unproject
from components.train.scene.views import TrainingView

_CELLS = 24
"""Cells along a photo's longer side; a cell without a point in or next to it is uncovered."""
_MAX_POINTS = 4_000
"""Points per photo that decide which cells are uncovered."""
_FAR_FACTOR = 3.0
"""An uncovered cell gets a point at the depth of the nearest point in the image, or, at random, at this
multiple of the 95 % quantile of the depths."""


def sample_uncovered_areas(
    points: np.ndarray, photos: list[TrainingView], limit: int, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    """At most `limit` points [M, 3] in uncovered cells of the photos, and their colours [M, 3] in [0, 1]."""
    nothing = (np.zeros((0, 3)), np.zeros((0, 3)))
    if not photos:
        return nothing
    # On the host: each thread that multiplies matrices on a GPU takes 32 MiB and a handle of cuBLAS there.
    known = torch.tensor(points, dtype=torch.float32)
    with ThreadPoolExecutor(available_cpus()) as pool:
        parts = [nothing, *pool.map(partial(_sample_photo, known), photos, rng.spawn(len(photos)))]
    places, colors = (np.concatenate(each) for each in zip(*parts, strict=True))
    chosen = rng.permutation(len(places))[:limit]
    return places[chosen], colors[chosen]


def _sample_photo(
    points: Tensor, photo: TrainingView, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    pixels, depths = (each.numpy() for each in project(points, photo.camera)[1:])
    if not len(depths):
        return np.zeros((0, 3)), np.zeros((0, 3))
    some = rng.permutation(len(depths))[:_MAX_POINTS]
    pixels, depths = pixels[some], depths[some]
    size = max(photo.camera.width, photo.camera.height) / _CELLS
    columns, rows = (max(1, int(side / size)) for side in (photo.camera.width, photo.camera.height))
    x, y = np.meshgrid((np.arange(columns) + 0.5) * size, (np.arange(rows) + 0.5) * size)
    centers = np.stack([x, y], axis=-1).reshape(-1, 2)
    distances, nearest = KDTree(pixels).query(centers)
    is_uncovered = distances > size
    if photo.mask is not None:
        is_uncovered &= _values_at(centers, photo.mask)
    centers, near_depths = centers[is_uncovered], depths[nearest[is_uncovered]]
    is_far = rng.random(len(centers)) < 0.5
    chosen_depths = np.where(is_far, _FAR_FACTOR * np.quantile(depths, 0.95), near_depths)
    return unproject(centers, chosen_depths, photo.camera), _values_at(centers, photo.pixels) / 255.0


def _values_at(pixels: np.ndarray, plane: Tensor) -> np.ndarray:
    """Values of a plane [H, W, …] at pixels [M, 2], copied to the host."""
    x, y = torch.from_numpy(pixels.astype(int).T).to(plane.device)
    values: np.ndarray = plane[y, x].cpu().numpy()
    return values
