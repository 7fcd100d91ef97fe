"""Places for Gaussians where photos show what has no points of structure from motion: skies, bare walls."""

from __future__ import annotations

import numpy as np
import torch
from scipy.spatial import KDTree
from torch import Tensor

from components.train.scene.pinhole import project, unproject
from components.train.scene.views import Photo

_CELLS = 24
"""Cells along a photo's longer side; one without a point in or next to it is bare."""
_LOOKED_AT = 4_000
"""Points per photo that decide what is bare."""
_FAR = 3.0
"""A bare cell gets a point as near as the closest cell with points, or this many times as far as all."""


def cover_bare_places(
    points: np.ndarray, photos: list[Photo], limit: int, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    """At most `limit` points [M, 3] in the bare places of the photos, and their colours [M, 3] in [0, 1]."""
    nothing = (np.zeros((0, 3)), np.zeros((0, 3)))
    if not photos:
        return nothing
    known = torch.tensor(points, dtype=torch.float32, device=photos[0].pixels.device)
    parts = [nothing, *(_cover(known, photo, rng) for photo in photos)]
    places, colors = (np.concatenate(each) for each in zip(*parts, strict=True))
    chosen = rng.permutation(len(places))[:limit]
    return places[chosen], colors[chosen]


def _cover(points: Tensor, photo: Photo, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    pixels, depths = (each.cpu().numpy() for each in project(points, photo.camera)[1:])
    if not len(depths):
        return np.zeros((0, 3)), np.zeros((0, 3))
    some = rng.permutation(len(depths))[:_LOOKED_AT]
    pixels, depths = pixels[some], depths[some]
    size = max(photo.camera.width, photo.camera.height) / _CELLS
    columns, rows = (max(1, int(side / size)) for side in (photo.camera.width, photo.camera.height))
    x, y = np.meshgrid((np.arange(columns) + 0.5) * size, (np.arange(rows) + 0.5) * size)
    centers = np.stack([x, y], axis=-1).reshape(-1, 2)
    distances, nearest = KDTree(pixels).query(centers)
    is_bare = (distances > size) & _is_believed(photo, centers)
    centers, near_depths = centers[is_bare], depths[nearest[is_bare]]
    is_far = rng.random(len(centers)) < 0.5
    chosen_depths = np.where(is_far, _FAR * np.quantile(depths, 0.95), near_depths)
    return unproject(centers, chosen_depths, photo.camera), _values_at(centers, photo.pixels) / 255.0


def _is_believed(photo: Photo, pixels: np.ndarray) -> np.ndarray:
    return np.ones(len(pixels), bool) if photo.mask is None else _values_at(pixels, photo.mask)


def _values_at(pixels: np.ndarray, plane: Tensor) -> np.ndarray:
    """What a plane [H, W, …] has at pixels [M, 2]; only that leaves the device."""
    x, y = torch.from_numpy(pixels.astype(int).T).to(plane.device)
    values: np.ndarray = plane[y, x].cpu().numpy()
    return values
