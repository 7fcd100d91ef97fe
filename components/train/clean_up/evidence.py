"""What training photos say of each Gaussian: how much they show of it, whether they look through it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields

import torch
from torch import Tensor

from components.shared.rasterize.conventions import NEAR_PLANE, SH_C0
from components.shared.rasterize.interface import Rasterizer
from components.shared.scene import Camera
from components.train.scene.pinhole import project
from components.train.scene.views import TrainingView

_MIN_WEIGHT = 1e-6
"""Pixels that are more transparent have no depth."""


HAZE_MAX_DEPTH = 0.6
"""Relative depth up to which a photo looks through: what it shows there is at least 1.7 times as far."""


@dataclass(slots=True)
class Evidence:
    """Of N Gaussians, summed over the photos: memory does not grow with their number.

    A relative depth is the depth of a Gaussian's centre / the depth of the photo's render at that pixel.
    """

    contribution: Tensor
    """Blending weight over the pixels of all photos, px [N]."""
    largest: Tensor
    """The part of the photo that has the largest, px [N]."""
    depth_in_largest: Tensor
    """Relative depth in that photo [N]; NaN where its image does not contain the centre."""
    photos: Tensor
    """Photos that contain the centre, int32 [N]."""
    looking_through: Tensor
    """Of these, photos where the relative depth is below `HAZE_MAX_DEPTH`, int32 [N]."""

    @classmethod
    def none(cls, means: Tensor) -> Evidence:
        """Of no photo; `means` [N, 3] gives count and device."""
        zeros, counts = torch.zeros_like(means[:, 0]), torch.zeros_like(means[:, 0], dtype=torch.int32)
        return cls(zeros, zeros.clone(), torch.full_like(zeros, torch.nan), counts, counts.clone())

    def select(self, rows: Tensor) -> Evidence:
        """Of the Gaussians in a mask [N]."""
        return Evidence(*(getattr(self, each.name)[rows] for each in fields(self)))

    def add(self, weights: Tensor, depths: Tensor) -> None:
        """Add a photo's blending weights and relative depths, [N] each."""
        self.contribution += weights
        is_largest = weights > self.largest
        self.largest = torch.where(is_largest, weights, self.largest)
        self.depth_in_largest = torch.where(is_largest, depths, self.depth_in_largest)
        self.photos += torch.isfinite(depths)
        self.looking_through += depths < HAZE_MAX_DEPTH  # False for NaN.


def gather_evidence(
    tensors: Mapping[str, Tensor], rasterizer: Rasterizer, photos: Sequence[TrainingView]
) -> Evidence:
    """One render and one backward pass for each photo; `tensors` are those of `Gaussians`."""
    fixed = {name: tensor.detach() for name, tensor in tensors.items()}
    evidence = Evidence.none(fixed["means"])
    for photo in photos:
        evidence.add(*_of_photo(fixed, rasterizer, photo.camera))
    return evidence


def _of_photo(tensors: dict[str, Tensor], rasterizer: Rasterizer, camera: Camera) -> tuple[Tensor, Tensor]:
    """Blending weights and relative depths, [N] each; depths are NaN outside of the image.

    Rendered is 1 / depth as red and 1 as green: green is the alpha, red / green the mean of 1 / depth. The
    image is linear in the colours, so the gradient of the sum of green has each Gaussian's weight.
    """
    means = tensors["means"]
    viewmat = torch.from_numpy(camera.viewmat).to(means)
    depths = (means @ viewmat[2, :3] + viewmat[2, 3]).clamp(min=NEAR_PLANE)
    colors = torch.stack([1.0 / depths, torch.ones_like(depths), torch.zeros_like(depths)], dim=1)
    sh0 = ((colors - 0.5) / SH_C0).requires_grad_(True)
    rendered = rasterizer(
        **{**tensors, "sh0": sh0}, camera=camera, sh_degree=0, background=means.new_zeros(3)
    )
    rendered.image[..., 1].sum().backward()
    assert sh0.grad is not None
    inverse, weight = rendered.image.detach()[..., :2].unbind(-1)
    rows, pixels, in_front = project(means, camera)
    x, y = pixels.long().unbind(1)
    relative = torch.full_like(depths, torch.nan)
    seen = weight[y, x] > _MIN_WEIGHT
    relative[rows[seen]] = (in_front * inverse[y, x] / weight[y, x])[seen]
    return sh0.grad[:, 1] / SH_C0, relative
