"""The state of a training before its first step."""

from __future__ import annotations

import torch

from components.shared.scene import Scene
from components.train.corrections.corrections import start_corrections
from components.train.initialize.initialize import initialize
from components.train.model.densification_stats import DensificationStats
from components.train.scene.views import Views
from components.train.settings import Plan, TrainSettings
from components.train.state import TrainingState


def start_training(
    scene: Scene, views: Views, settings: TrainSettings, plan: Plan, budget: int, device: torch.device
) -> TrainingState:
    """The state at step 0, with at most `budget` Gaussians; equal seeds give equal states."""
    photos = views.training[0]
    gaussians = initialize(scene, photos, budget, plan.sh_degree, settings.seed, device, plan.hyperparameters)
    return TrainingState(
        gaussians,
        DensificationStats.zeros(len(gaussians), device),
        start_count=len(gaussians),
        budget=budget,
        corrections=start_corrections(scene, photos, settings, device),
    )
