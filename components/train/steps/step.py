"""What every training step takes and returns, whichever device and rasterizer it runs on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Protocol

from torch import Tensor

from components.train.corrections.corrections import Corrections
from components.train.hyperparameters import CUDA
from components.train.model.densification_stats import DensificationStats
from components.train.model.gaussians import Gaussians
from components.train.model.regularization import Regularization
from components.train.scene.views import TrainingView


@dataclass(frozen=True, kw_only=True, slots=True)
class StepConfig:
    """What stays the same in all steps of a training."""

    ssim_lambda: float
    """λ of the photometric loss (1 - λ) L1 + λ (1 - SSIM)."""
    scene_scale: float
    """Scene units."""
    regularization: Regularization = field(default_factory=Regularization)
    corrections: Corrections = field(default_factory=Corrections)
    """Exposures and poses of the training photos; a step updates those of its photo in place."""
    depth_weight: float = 0.0
    """Weight of the depth loss; by autograd alone."""
    lr_multipliers: dict[str, float] = field(default_factory=lambda: CUDA.lr_multipliers)
    """Learning-rate multipliers of selective Adam, by parameter name; dense Adam has none."""


@dataclass(frozen=True, slots=True)
class StepMetrics:
    """Error of a step's rendered image, as scalars on the device: reading them would wait for it."""

    loss: Tensor
    squared_error: Tensor
    """Mean over values clamped to [0, 1]."""


class TrainStep(Protocol):
    """One training step: renders a photo's view, and moves the Gaussians along the gradient of the loss."""

    photos_per_step: int
    """Length of `photos`: 1, or one for each rank, in order of ranks."""

    def __call__(
        self,
        gaussians: Gaussians,
        photos: Sequence[TrainingView],
        rates: dict[str, float],
        sh_degree: int,
        background: Tensor | None = None,
        stats: DensificationStats | None = None,
    ) -> StepMetrics:
        """Update the Gaussians and the photos' corrections in place.

        Args:
            gaussians: All, or this rank's shard.
            photos: `photos_per_step` of them.
            rates: Learning rates by parameter name.
            sh_degree: Spherical harmonics above it are ignored.
            background: sRGB [3] on the device, behind render and photo; None is black.
            stats: Densification statistics of the Gaussians to add to.
        """
