"""One training step, through whichever rasterizer, by autograd."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import torch
from torch import Tensor

from components.shared.rasterize.interface import Rasterizer, Rendered
from components.train.corrections.corrections import Corrections
from components.train.losses.depth import disparity_error
from components.train.losses.photometric import photometric_loss
from components.train.model.densification_stats import Evidence
from components.train.model.gaussians import Gaussians
from components.train.model.regularization import USUAL, Penalties
from components.train.scene.views import Photo


@dataclass(frozen=True, slots=True)
class Picture:
    """How far a step's picture was from the photo: scalars on the device, so that nothing waits for it."""

    loss: Tensor
    squared_error: Tensor
    """Mean over values clamped to [0, 1]."""


class Step(Protocol):
    """Move the Gaussians once, and add to the evidence where some is wanted.

    There is a photo for each process of a team, its own at its rank; only `ShardedStep` takes several. Photo
    and picture are seen over `background`, sRGB [3] on the device; None is black.
    """

    def __call__(
        self,
        gaussians: Gaussians,
        evidence: Evidence | None,
        photos: Sequence[Photo],
        rates: dict[str, float],
        sh_degree: int,
        background: Tensor | None = None,
    ) -> Picture: ...


class AutogradStep:
    """The plain step; `extent` is the scene's, see `scene_extent`; `depth_weight` as in `TrainSettings`."""

    def __init__(
        self,
        rasterizer: Rasterizer,
        ssim_lambda: float,
        extent: float,
        depth_weight: float = 0.0,
        corrections: Corrections | None = None,
        penalties: Penalties = USUAL,
    ) -> None:
        self._rasterizer, self._ssim_lambda, self._extent = rasterizer, ssim_lambda, extent
        self._penalties = penalties
        self._depth_weight = depth_weight
        self._corrections = corrections or Corrections()
        self._black = torch.zeros(3, device=rasterizer.device)

    def __call__(
        self,
        gaussians: Gaussians,
        evidence: Evidence | None,
        photos: Sequence[Photo],
        rates: dict[str, float],
        sh_degree: int,
        background: Tensor | None = None,
    ) -> Picture:
        (photo,) = photos
        own = self._corrections.of(photo)
        target = photo.target(self._rasterizer.device, own.expose_background(background))
        rendered = self._rasterizer(
            **own.move(gaussians.tensors),
            camera=photo.camera,
            sh_degree=sh_degree,
            background=self._black if background is None else background,
        )
        image = own.expose(rendered.image)
        believed = photo.believed(self._rasterizer.device)
        if believed is not None:
            image, target = believe(image, target, believed)
        loss = photometric_loss(image, target, self._ssim_lambda)
        (loss + self._penalty(gaussians)).backward()
        # Once the first picture's graph is gone, so that memory holds one at a time.
        self._pull_to_points(gaussians, photo)
        if evidence is not None:
            _observe(evidence, rendered)
        gaussians.optimize(rates)
        own.step()
        shown = image.detach().clamp(0.0, 1.0)
        return Picture(loss.detach(), (shown - target).square().mean())

    def _penalty(self, gaussians: Gaussians) -> Tensor:
        weights = self._penalties
        penalty = weights.width * (gaussians["scales"].exp().mean() / self._extent)
        if weights.opacity:
            penalty = penalty + weights.opacity * torch.sigmoid(gaussians["opacities"]).mean()
        return penalty

    def _pull_to_points(self, gaussians: Gaussians, photo: Photo) -> None:
        """Add the gradients of the depth's loss."""
        if self._depth_weight and photo.points is not None:
            error = disparity_error(gaussians.tensors, photo.points, photo.camera, self._rasterizer)
            (self._depth_weight * self._extent * error).backward()


def believe(image: Tensor, target: Tensor, believed: Tensor) -> tuple[Tensor, Tensor]:
    """Picture and photo [H, W, 3] as if they were equal where `believed` [H, W, 1] is False.

    No gradient goes there, and windows of the similarity that reach there find nothing to complain of.
    """
    fixed = image.detach()
    return torch.where(believed, image, fixed), torch.where(believed, target, fixed)


def _observe(evidence: Evidence, rendered: Rendered) -> None:
    gradient = rendered.means2d.grad
    assert gradient is not None, "the rasterizer retained no gradient of means2d"
    evidence.errors += 1.0
    evidence.pulls += torch.linalg.vector_norm(gradient, dim=-1) * max(rendered.image.shape[:2])
