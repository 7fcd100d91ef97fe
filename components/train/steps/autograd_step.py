"""A training step by autograd, through any rasterizer, with dense Adam."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from components.shared.rasterize.interface import Rasterizer, Rendered
from components.train.losses.depth import disparity_error
from components.train.losses.photometric import photometric_loss
from components.train.model.densification_stats import DensificationStats
from components.train.model.gaussians import Gaussians
from components.train.scene.views import TrainingView
from components.train.steps.step import StepConfig, StepMetrics


class AutogradStep:
    """See `TrainStep`. Knows everything that settings may ask for, on one device."""

    photos_per_step = 1

    def __init__(self, config: StepConfig, rasterizer: Rasterizer) -> None:
        self._config, self._rasterizer = config, rasterizer
        self._black = torch.zeros(3, device=rasterizer.device)

    def __call__(
        self,
        gaussians: Gaussians,
        photos: Sequence[TrainingView],
        rates: dict[str, float],
        sh_degree: int,
        background: Tensor | None = None,
        stats: DensificationStats | None = None,
    ) -> StepMetrics:
        (photo,) = photos
        device = self._rasterizer.device
        corrections = self._config.corrections.of(photo)
        target = photo.target(device, corrections.expose_background(background))
        rendered = self._rasterizer(
            **corrections.move(gaussians.tensors),
            camera=photo.camera,
            sh_degree=sh_degree,
            background=self._black if background is None else background,
        )
        image = corrections.expose(rendered.image)
        mask = photo.mask_on(device)
        if mask is not None:
            image, target = equalize_masked(image, target, mask)
        loss = photometric_loss(image, target, self._config.ssim_lambda)
        (loss + self._regularization(gaussians)).backward()
        # After the backward pass freed the first graph, so that memory holds one graph at a time.
        self._add_depth_gradients(gaussians, photo)
        if stats is not None:
            _add_to_stats(stats, rendered)
        gaussians.optimize(rates)
        corrections.step()
        clamped = image.detach().clamp(0.0, 1.0)
        return StepMetrics(loss.detach(), (clamped - target).square().mean())

    def _regularization(self, gaussians: Gaussians) -> Tensor:
        weights = self._config.regularization
        loss = weights.scale_reg * (gaussians["scales"].exp().mean() / self._config.scene_scale)
        if weights.opacity_reg:
            loss = loss + weights.opacity_reg * torch.sigmoid(gaussians["opacities"]).mean()
        return loss

    def _add_depth_gradients(self, gaussians: Gaussians, photo: TrainingView) -> None:
        config = self._config
        if config.depth_weight and photo.points is not None:
            error = disparity_error(gaussians.tensors, photo.points, photo.camera, self._rasterizer)
            (config.depth_weight * config.scene_scale * error).backward()


def equalize_masked(image: Tensor, target: Tensor, mask: Tensor) -> tuple[Tensor, Tensor]:
    """Render and photo [H, W, 3], equal and without gradient where `mask` [H, W, 1] is False.

    SSIM windows that reach into the masked part find no difference there.
    """
    fixed = image.detach()
    return torch.where(mask, image, fixed), torch.where(mask, target, fixed)


def _add_to_stats(stats: DensificationStats, rendered: Rendered) -> None:
    gradient = rendered.means2d.grad
    assert gradient is not None, "the rasterizer retained no gradient of means2d"
    stats.error += 1.0
    stats.grad2d += torch.linalg.vector_norm(gradient, dim=-1) * max(rendered.image.shape[:2])
