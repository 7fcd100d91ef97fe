"""Where Gaussians may be: not in front of a lens, and not larger than the scene."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from components.shared.scene import Scene
from components.train.gaussians import Gaussians
from components.train.initialize import scene_extent

_NEAREST = 0.5
"""Part of the distance between the cameras and the nearest hundredth of the points."""
_WIDEST = 3.0
"""Scene extents; skies need wide ones."""


@dataclass(frozen=True, slots=True)
class Bounds:
    """Camera centres [C, 3]; the least distance from them and the largest scale, scene units."""

    centers: Tensor
    nearest: float
    widest: float

    @torch.no_grad()
    def contain(self, gaussians: Gaussians) -> Tensor:
        """Mask [N] of those that are no floaters."""
        distances = torch.stack([(gaussians["means"] - center).norm(dim=1) for center in self.centers])
        is_narrow = gaussians["scales"].amax(dim=1) < np.log(self.widest)
        return is_narrow & (distances.amin(dim=0) > self.nearest)


def scene_bounds(scene: Scene, device: torch.device) -> Bounds:
    centers = np.array([view.camera.center for view in scene.views])
    nearest = 0.0
    if len(scene.points):
        distances = [np.linalg.norm(scene.points - center, axis=1) for center in centers]
        nearest = _NEAREST * float(np.quantile(np.min(distances, axis=0), 0.01))
    return Bounds(
        torch.tensor(centers, dtype=torch.float32, device=device), nearest, _WIDEST * scene_extent(scene)
    )
