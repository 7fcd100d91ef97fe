"""A training step in own CUDA kernels, without autograd: Adam uses each gradient where it arises."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from components.shared.scene import Camera
from components.train.corrections.exposure import exposed_background
from components.train.model.densification_stats import DensificationStats
from components.train.model.gaussians import Gaussians
from components.train.scene.views import TrainingView
from components.train.steps.fused.blend import blend, blend_backward
from components.train.steps.fused.colors import evaluate_colors, update_colors
from components.train.steps.fused.photometric import Photometric, expose, expose_backward, photometric
from components.train.steps.fused.projection import Ellipses, pack_camera, project
from components.train.steps.fused.tiles import IntersectionCapacity, cumulative_tile_counts, intersect_tiles
from components.train.steps.fused.update import RegularizationGradients, update
from components.train.steps.step import StepConfig, StepMetrics


@dataclass(frozen=True, slots=True)
class Projection:
    """Gaussians projected into one view."""

    camera: Tensor
    """The row of `pack_camera`."""
    ellipses: Ellipses
    colors: Tensor
    """float32 [N, 4], see `evaluate_colors`."""


@dataclass(frozen=True, slots=True)
class PhotoGradients:
    """Gradients of one photo's loss."""

    sums: Tensor
    """To the ellipses, float32 [N, 16], see `blend_backward`."""
    photometric: Photometric
    v_exposure: Tensor | None
    """To the photo's row of `Exposure`, [6]."""


class FusedStep:
    """See `TrainStep`. For one CUDA device; only visible Gaussians are updated.

    A step whose tile intersections exceed `capacity` is skipped: it changes no Gaussian. `skipped_steps`
    counts such steps.
    """

    photos_per_step = 1

    def __init__(
        self, config: StepConfig, device: torch.device, capacity: IntersectionCapacity | None = None
    ) -> None:
        self._config, self._device = config, device
        self._exposure = config.corrections.exposure
        self._capacity = capacity or IntersectionCapacity()
        self._cameras: dict[int, tuple[Camera, Tensor]] = {}

    @property
    def skipped_steps(self) -> int:
        return self._capacity.skipped_steps

    @torch.no_grad()
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
        projection = self.project(gaussians, photo, sh_degree)
        gradients = self.differentiate(projection.ellipses, projection.colors, photo, background)
        self.step_exposure(photo, gradients.v_exposure)
        self.update(gaussians, len(gaussians), projection, gradients.sums, rates, sh_degree, stats)
        return StepMetrics(gradients.photometric.loss, gradients.photometric.squared_error)

    def project(self, gaussians: Gaussians, photo: TrainingView, sh_degree: int) -> Projection:
        """Project the Gaussians into the photo's view."""
        camera, stored = self._packed(photo.camera), gaussians.stored
        ellipses = project(stored, camera)
        colors = evaluate_colors(stored, camera, ellipses.tile_counts, sh_degree, gaussians.labels)
        return Projection(camera, ellipses, colors)

    def differentiate(
        self, ellipses: Ellipses, colors: Tensor, photo: TrainingView, background: Tensor | None
    ) -> PhotoGradients:
        """Render the view, compare it with the photo, and back-propagate to the ellipses."""
        camera, size = self._packed(photo.camera), (photo.camera.width, photo.camera.height)
        cumulative_counts = cumulative_tile_counts(ellipses)
        capacity = self._capacity.of(id(photo.camera), cumulative_counts[-1:])
        intersections = intersect_tiles(ellipses, cumulative_counts, capacity, camera, *size)
        image = blend(ellipses, colors, *intersections, *size)
        if background is not None:
            image[..., :3] += image[..., 3:] * background
        compared, v_exposure = self._compare(image, photo, background)
        sums = blend_backward(ellipses, colors, *intersections, image, compared.v_image)
        return PhotoGradients(sums, compared, v_exposure)

    def _compare(
        self, image: Tensor, photo: TrainingView, background: Tensor | None
    ) -> tuple[Photometric, Tensor | None]:
        """Loss of the image [H, W, 3 or 4] in the photo's exposure, and the exposure's gradient, [6]."""
        mask, ssim_lambda = photo.mask_on(self._device), self._config.ssim_lambda
        if self._exposure is None:
            return photometric(image, photo.composite(self._device, background), ssim_lambda, mask), None
        row = self._exposure.values[photo.index]
        target = photo.composite(self._device, exposed_background(background, row))
        compared = photometric(expose(image, row), target, ssim_lambda, mask)
        return compared, expose_backward(image, row, compared.v_image)

    def step_exposure(self, photo: TrainingView, v_exposure: Tensor | None) -> None:
        """One Adam step of the photo's own exposure."""
        if self._exposure and v_exposure is not None:
            assert photo.index is not None, "only training photos have exposures"
            self._exposure.step(photo.index, v_exposure)

    def update(
        self,
        gaussians: Gaussians,
        total: int,
        projection: Projection,
        sums: Tensor,
        rates: dict[str, float],
        sh_degree: int,
        stats: DensificationStats | None,
    ) -> None:
        """One Adam step of the Gaussians, all `total` or a shard, along the gradients of one photo."""
        rates = {name: rate * self._config.lr_multipliers[name] for name, rate in rates.items()}
        tensors, moments, step_counts = gaussians.stored, gaussians.moments, gaussians.step_counts
        camera, ellipses, colors, labels = (
            projection.camera, projection.ellipses, projection.colors, gaussians.labels
        )  # fmt: skip
        v_means = update_colors(
            tensors,
            moments,
            step_counts,
            camera,
            ellipses.tile_counts,
            colors,
            sums,
            rates,
            sh_degree,
            labels,
        )
        regularization = self._regularization(total)
        update(tensors, moments, step_counts, camera, ellipses, sums, v_means, rates, regularization, stats)
        if labels is not None:
            gaussians.optimize({"shN": rates["shN"]})

    def _regularization(self, total: int) -> RegularizationGradients:
        """The regularization is of means over all Gaussians, so that each has its part of the gradient."""
        weights = self._config.regularization
        return RegularizationGradients(
            scale=weights.scale_reg / (3 * total * self._config.scene_scale),
            opacity=weights.opacity_reg / total,
        )

    def _packed(self, camera: Camera) -> Tensor:
        """Uploaded once. The cache holds the camera too, so that no other object gets its id."""
        if id(camera) not in self._cameras:
            self._cameras[id(camera)] = camera, pack_camera(camera, self._device)
        return self._cameras[id(camera)][1]
