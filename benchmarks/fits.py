"""A training as the benchmarks want it: whole in one process, and without files."""

from __future__ import annotations

from components.shared.rasterize.interface import Rasterizer
from components.shared.scene import Scene
from components.train.initialize.start import start_training
from components.train.loop.trainer import Fit
from components.train.scene.scene_scale import scene_extent
from components.train.scene.views import Views
from components.train.settings import TrainSettings
from components.train.strategies.bounds import scene_bounds


def make_fit(scene: Scene, views: Views, settings: TrainSettings, draw: Rasterizer) -> Fit:
    """Before its first step, with the budget of its preset."""
    plan = settings.plan(draw.device.type)
    state = start_training(scene, views, settings, plan, plan.max_gaussians, draw.device)
    bounds = scene_bounds(scene, draw.device)
    return Fit(views, scene_extent(scene), bounds, settings, plan, draw, state)
