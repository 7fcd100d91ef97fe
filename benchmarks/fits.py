"""A training for benchmarks: in this process, without files."""

from __future__ import annotations

from components.shared.rasterize.interface import Rasterizer
from components.shared.scene import Scene
from components.train.initialize.initialize import start_training
from components.train.loop.trainer import TrainContext, Trainer
from components.train.model.process_group import ProcessGroup
from components.train.quality.prune import prune, sum_contributions
from components.train.scene.scene_scale import compute_scene_scale
from components.train.scene.views import Views
from components.train.settings import TrainSettings
from components.train.strategies.bounds import compute_bounds


def make_trainer(scene: Scene, views: Views, settings: TrainSettings, draw: Rasterizer) -> Trainer:
    """Before its first step, with the budget of its preset."""
    plan = settings.plan(draw.device.type)
    state = start_training(scene, views, settings, plan, plan.max_gaussians, draw.device)
    context = TrainContext(
        views=views,
        scene_scale=compute_scene_scale(scene),
        bounds=compute_bounds(scene, draw.device),
        settings=settings,
        plan=plan,
        rasterizer=draw,
        group=ProcessGroup(draw.device),
    )
    return Trainer(context, state)


def prune_as_delivered(trainer: Trainer, draw: Rasterizer, views: Views) -> None:
    """What a training does at its end."""
    gaussians = trainer.state.gaussians
    gaussians.forget_moments()
    contributions = sum_contributions(gaussians, draw, views.training[0])
    prune(gaussians, contributions, trainer.schedule.hyperparameters.min_contribution)
