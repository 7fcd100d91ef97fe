"""What need not be delivered: Gaussians that no training view shows."""

from __future__ import annotations

import torch
from torch import Tensor

from components.shared.rasterize.conventions import SH_C0
from components.shared.rasterize.interface import Rasterizer
from components.train.model.gaussians import MIN_OPACITY, Gaussians
from components.train.scene.views import Photo


def prune(gaussians: Gaussians, rasterizer: Rasterizer, photos: list[Photo], min_contribution: float) -> int:
    """Remove the invisible, when training is over; returns how many.

    `min_contribution` is the least that counts, see `contributions`.
    """
    gaussians.forget_moments()
    before = len(gaussians)
    seen = contributions(gaussians, rasterizer, photos) >= min_contribution
    gaussians.keep(seen & (gaussians.opacities >= MIN_OPACITY))
    return before - len(gaussians)


def contributions(gaussians: Gaussians, rasterizer: Rasterizer, photos: list[Photo]) -> Tensor:
    """Sum over all photos' pixels of each Gaussian's share in the colour, [N].

    The image is linear in the colours, so their gradient of the image's sum is just that.
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
