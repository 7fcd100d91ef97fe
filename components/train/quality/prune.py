"""Pruning at the end of training: Gaussians that no training photo shows are not delivered."""

from __future__ import annotations

import torch
from torch import Tensor

from components.shared.rasterize.conventions import SH_C0
from components.shared.rasterize.interface import Rasterizer
from components.train.model.gaussians import MIN_OPACITY, Gaussians
from components.train.scene.views import TrainingView


def prune(gaussians: Gaussians, contributions: Tensor, min_contribution: float) -> Tensor:
    """Remove Gaussians that contribute less, or are transparent; returns which are kept, a mask [N]."""
    kept = (contributions >= min_contribution) & (gaussians.opacities >= MIN_OPACITY)
    gaussians.keep(kept)
    return kept


def sum_contributions(gaussians: Gaussians, rasterizer: Rasterizer, photos: list[TrainingView]) -> Tensor:
    """Blending weight of each Gaussian, summed over the pixels of all photos, [N].

    The image is linear in the colours, so this is the gradient of the image's sum with respect to them.
    """
    fixed = {name: tensor.detach() for name, tensor in gaussians.tensors.items()}
    gray = torch.zeros_like(fixed["sh0"]).requires_grad_(True)
    background = torch.zeros(3, device=gray.device)
    for photo in photos:
        rendered = rasterizer(
            **{**fixed, "sh0": gray}, camera=photo.camera, sh_degree=0, background=background
        )
        rendered.image.sum().backward()
    assert gray.grad is not None
    return gray.grad.mean(dim=1) / SH_C0
