"""How Gaussians come and go: what training asks of a strategy, and which there are."""

from __future__ import annotations

from typing import Protocol

import torch
from torch import Tensor

from components.train.hyperparameters import Recipe
from components.train.model.densification_stats import Evidence
from components.train.model.gaussians import Gaussians
from components.train.model.regularization import Penalties
from components.train.settings import TrainSettings
from components.train.strategies.relocate import Relocate
from components.train.strategies.split import Split


class Strategy(Protocol):
    """Keeps nothing between its calls: what it knows is in the Gaussians, the evidence, seed and step."""

    needs_evidence: bool
    penalties: Penalties

    def refine(
        self, gaussians: Gaussians, evidence: Evidence, is_wanted: Tensor, target: int, step: int
    ) -> None:
        """Bring the Gaussians, of which only some are wanted [N], towards `target`, never above it."""

    def disturb(self, gaussians: Gaussians, means_rate: float, step: int) -> None:
        """Follow each step, before the next; `means_rate` is the positions' learning rate."""


def make_strategy(settings: TrainSettings, recipe: Recipe, extent: float, device: torch.device) -> Strategy:
    """`extent` is the scene's, see `scene_extent`."""
    if settings.strategy == "mcmc":
        return Relocate(extent, settings.seed, device)
    return Split(recipe, settings.seed, device)
