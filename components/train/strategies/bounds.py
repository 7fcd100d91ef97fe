"""Where Gaussians may be: not in front of a lens, and not larger than the scene."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from scipy.spatial import KDTree
from torch import Tensor

from components.shared.scene import Scene
from components.train.model.gaussians import Gaussians
from components.train.scene.scene_scale import scene_extent, viewing_distance

_NEAREST = 0.5
"""Part of the distance between the cameras and the nearest hundredth of the points."""
_NEAREST_UNKNOWN = 0.05
"""Part of the distance to what the cameras look at, where no points are known."""
_WIDEST = 3.0
"""Scene extents; skies need wide ones."""
ROWS_AT_ONCE = 65_536
"""Distances to all cameras at once would not fit into memory."""


@dataclass(frozen=True, slots=True)
class Bounds:
    """Camera centres [C, 3]; the least distance from them and the largest scale, scene units."""

    centers: Tensor
    nearest: float
    widest: float

    @torch.no_grad()
    def contain(self, gaussians: Gaussians) -> Tensor:
        """Mask [N] of those that are no floaters."""
        parts = gaussians["means"].split(ROWS_AT_ONCE)
        distances = torch.cat([torch.cdist(part, self.centers).amin(dim=1) for part in parts])
        is_narrow = gaussians["scales"].amax(dim=1) < np.log(self.widest)
        return is_narrow & (distances > self.nearest)


def scene_bounds(scene: Scene, device: torch.device) -> Bounds:
    centers = np.array([view.camera.center for view in scene.views])
    nearest = _NEAREST_UNKNOWN * viewing_distance(scene)
    if len(scene.points):
        distances, _ = KDTree(centers).query(scene.points, workers=-1)
        nearest = _NEAREST * float(np.quantile(distances, 0.01))
    return Bounds(
        torch.tensor(centers, dtype=torch.float32, device=device), nearest, _WIDEST * scene_extent(scene)
    )
