"""A scene in, Gaussians out, on as many GPUs as are asked for."""

from __future__ import annotations

from pathlib import Path

from components.shared.contracts.training import TrainingInfo
from components.shared.progress import OnProgress, ignore_progress
from components.train.launch.choose_gpus import gpus_to_use
from components.train.launch.train_on_gpus import train_together
from components.train.session import Files, train_alone
from components.train.settings import TrainSettings


def train(
    scene: Path,
    splat: Path,
    training_json: Path,
    settings: TrainSettings,
    checkpoints: str,
    on_progress: OnProgress = ignore_progress,
) -> TrainingInfo:
    """Train on the scene archive; write a 3DGS ply and the training's record.

    `checkpoints` is a folder or an s3:// prefix: the same call goes on there after a kill, and leaves
    nothing there when it is done.

    Raises:
        InputError: too few views.
        GpuError, GpuMissingError: fewer GPUs than are asked for, or one that cannot be used.
        TrainingDivergedError: NaN, collapse, or nothing learned, twice.
        OutOfMemoryError: not even the smallest budget of Gaussians fits.
        TrainingInterruptedError: SIGTERM came; the work is saved.
    """
    files = Files(scene, splat, training_json, checkpoints)
    gpus = gpus_to_use(settings)
    if gpus > 1:
        return train_together(gpus, files, settings, on_progress)
    return train_alone(files, settings, on_progress)
