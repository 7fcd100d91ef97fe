"""Bounds of Gaussians: not in front of a lens, and not larger than the scene."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from scipy.spatial import KDTree
from torch import Tensor

from components.shared.scene import Scene
from components.train.model.gaussians import Gaussians
from components.train.scene.scene_scale import compute_scene_scale, compute_viewing_distance

_MIN_DISTANCE_FACTOR = 0.5
"""Fraction of the distance between the cameras and the nearest hundredth of the points."""
_MIN_DISTANCE_FACTOR_WITHOUT_POINTS = 0.05
"""Fraction of the viewing distance."""
_MAX_SCALE_FACTOR = 3.0
"""In scene scales: skies need wide Gaussians."""
_CHUNK_ROWS = 65_536
"""Rows of one matrix of distances to the cameras: all rows at once would not fit into memory."""


@dataclass(frozen=True, slots=True)
class Bounds:
    """Limits in scene units."""

    camera_centers: Tensor
    """[C, 3]."""
    min_distance: float
    """From any camera."""
    max_scale: float

    @torch.no_grad()
    def contain(self, gaussians: Gaussians) -> Tensor:
        """Mask [N] of the Gaussians that are in bounds; the others are floaters."""
        chunks = gaussians["means"].split(_CHUNK_ROWS)
        distances = torch.cat([torch.cdist(chunk, self.camera_centers).amin(dim=1) for chunk in chunks])
        is_narrow = gaussians["scales"].amax(dim=1) < np.log(self.max_scale)
        return is_narrow & (distances > self.min_distance)


def contain_bytes(gaussians: int, cameras: int) -> int:
    """Memory of the largest matrix of distances in `Bounds.contain`."""
    return 4 * min(gaussians, _CHUNK_ROWS) * cameras


def compute_bounds(scene: Scene, device: torch.device) -> Bounds:
    centers = np.array([view.camera.center for view in scene.views])
    min_distance = _MIN_DISTANCE_FACTOR_WITHOUT_POINTS * compute_viewing_distance(scene)
    if len(scene.points):
        distances, _ = KDTree(centers).query(scene.points, workers=-1)
        min_distance = _MIN_DISTANCE_FACTOR * float(np.quantile(distances, 0.01))
    return Bounds(
        camera_centers=torch.tensor(centers, dtype=torch.float32, device=device),
        min_distance=min_distance,
        max_scale=_MAX_SCALE_FACTOR * compute_scene_scale(scene),
    )
