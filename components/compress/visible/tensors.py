"""Gaussians as tensors on a device, by the names that rasterizers have for them."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from components.shared.splats import Splats

NAMES = ("means", "quats", "scales", "opacities", "sh0", "shN")


def tensors_of(splats: Splats, device: torch.device) -> dict[str, Tensor]:
    """float32 tensors, which share the memory of the arrays on a CPU."""
    return {name: torch.from_numpy(np.ascontiguousarray(getattr(splats, name))).to(device) for name in NAMES}
