"""Densification strategies: their interface, and the choice of one with its regularization."""

from __future__ import annotations

from typing import Protocol

import torch
from torch import Tensor

from components.train.hyperparameters import Hyperparameters
from components.train.model.densification_stats import DensificationStats
from components.train.model.gaussians import Gaussians
from components.train.model.regularization import Regularization
from components.train.settings import TrainSettings
from components.train.strategies.mcmc import MCMCStrategy
from components.train.strategies.split import SplitStrategy


class Strategy(Protocol):
    """Adds, removes and moves Gaussians.

    A strategy has no state: results depend on its arguments and the seed alone, so that training can resume.
    """

    needs_stats: bool
    """Whether steps must collect densification statistics."""

    def refine(
        self, gaussians: Gaussians, stats: DensificationStats, in_bounds: Tensor, target: int, step: int
    ) -> None:
        """Bring the number of Gaussians towards `target`, never above, without those not `in_bounds` [N]."""

    def after_step(self, gaussians: Gaussians, means_lr: float, step: int) -> None:
        """Called after every step, with the learning rate of the means."""


def make_strategy(
    settings: TrainSettings, hyperparameters: Hyperparameters, scene_scale: float, device: torch.device
) -> tuple[Strategy, Regularization]:
    """The strategy that the settings name, and the regularization that goes with it."""
    if settings.strategy == "mcmc":
        strategy = MCMCStrategy(scene_scale, settings.seed, device)
        return strategy, Regularization(scale_reg=0.01, opacity_reg=0.01)
    return SplitStrategy(hyperparameters, settings.seed, device), Regularization()
