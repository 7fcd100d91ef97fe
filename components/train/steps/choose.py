"""Which implementation of the training step runs."""

from __future__ import annotations

from components.shared.rasterize.interface import Rasterizer
from components.train.hyperparameters import Hyperparameters
from components.train.model.process_group import ProcessGroup
from components.train.settings import TrainSettings
from components.train.steps.autograd_step import AutogradStep
from components.train.steps.step import StepConfig, TrainStep


def make_step(
    config: StepConfig,
    settings: TrainSettings,
    hyperparameters: Hyperparameters,
    rasterizer: Rasterizer,
    group: ProcessGroup,
) -> TrainStep:
    """The fused step on CUDA, sharded on several GPUs; by autograd on CPUs, and for what fused steps lack."""
    # Imported where they are used: Triton is installed with CUDA only.
    if group.size > 1:
        from components.train.steps.fused.sharded_step import ShardedStep

        return ShardedStep(config, group)
    if rasterizer.device.type != "cuda" or settings.needs_autograd or not hyperparameters.fused:
        return AutogradStep(config, rasterizer)
    from components.train.steps.fused.fused_step import FusedStep

    return FusedStep(config, rasterizer.device)
