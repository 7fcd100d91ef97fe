"""Pinhole projection of many points at once."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from components.shared.scene import Camera

_MIN_DEPTH = 1e-6


def project(points: Tensor, camera: Camera) -> tuple[Tensor, Tensor, Tensor]:
    """Of world points [N, 3] those inside the image: row indices [M], pixels [M, 2], depths [M]."""
    viewmat, K = (torch.from_numpy(each).to(points) for each in (camera.viewmat, camera.K))
    local = points @ viewmat[:3, :3].T + viewmat[:3, 3]
    pixels = (local / local[:, 2:]) @ K[:2].T
    size = pixels.new_tensor([camera.width, camera.height])
    is_inside = (local[:, 2] > _MIN_DEPTH) & ((pixels >= 0) & (pixels < size)).all(dim=1)
    rows = is_inside.nonzero().squeeze(1)
    return rows, pixels[rows], local[rows, 2]


def unproject(pixels: np.ndarray, depths: np.ndarray, camera: Camera) -> np.ndarray:
    """World points [M, 3] at pixels [M, 2] and depths [M]."""
    rays = np.column_stack([pixels, np.ones(len(pixels))]) @ np.linalg.inv(camera.K).T
    return (rays * depths[:, None]) @ camera.viewmat[:3, :3] + camera.center
