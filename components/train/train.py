"""Training: a posed scene in, Gaussians out, on the CPU or on one or more GPUs."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import torch

from components.shared.contracts.training import TRAINING_FILE, TrainingInfo
from components.shared.errors import GpuError
from components.shared.gpus import check_gpus
from components.shared.progress import OnProgress, ignore_progress
from components.shared.rasterize import make_rasterizer
from components.shared.rasterize.cuda_device import has_cuda
from components.shared.rasterize.gsplat_backend import has_gsplat
from components.train.launch.train_on_gpus import train_on_gpus
from components.train.model.process_group import ProcessGroup
from components.train.recovery.checkpoint import hash_folder
from components.train.session import TrainJob, run_session
from components.train.settings import TrainSettings
from components.train.telemetry.gpu_usage import OnGpus, ignore_gpus, watch_gpus


def train(
    scene: Path,
    output: Path,
    settings: TrainSettings,
    checkpoints: str,
    on_progress: OnProgress = ignore_progress,
    *,
    scene_hash: str | None = None,
    on_gpus: OnGpus = ignore_gpus,
) -> TrainingInfo:
    """Train on a posed scene; write `splat.ply` (3DGS), `training.json` and `cameras.json`.

    The same call resumes after a kill.

    Args:
        scene: Folder that structure from motion wrote.
        output: Existing folder for the results.
        checkpoints: Folder or s3:// prefix; empty of this training's files at the end.
        scene_hash: Identifies the scene: a training resumes only from checkpoints of an equal hash. By
            default it is computed from all files of the scene.
        on_gpus: Called every second with the state of the GPUs, from another thread.

    Raises:
        InputError: too few views.
        GpuError, GpuMissingError: fewer GPUs than requested, or one that cannot be used.
        TrainingDivergedError: NaN, collapse, or no learning, twice.
        OutOfMemoryError: not even the smallest budget of Gaussians fits.
        TrainingInterruptedError: SIGTERM; the work is saved.
    """
    job = TrainJob(
        scene=scene,
        output=output,
        settings=settings,
        checkpoints=checkpoints,
        scene_hash=scene_hash or hash_folder(scene),
    )
    gpus = choose_gpus(settings)
    with watch_gpus(gpus if settings.backend != "numba" and has_cuda() else 0, on_gpus) as meter:
        info = _run(gpus, job, on_progress)
    if usage := meter.usage():
        info = info.replace(gpu_usage=usage)
        info.write(output / TRAINING_FILE)
    return info


def _run(gpus: int, job: TrainJob, on_progress: OnProgress) -> TrainingInfo:
    """Train in this process, or in one for each of several GPUs."""
    if gpus > 1:
        return train_on_gpus(gpus, job, on_progress)
    rasterizer = make_rasterizer(job.settings.backend, job.settings.antialiased)
    with ThreadPoolExecutor(1, "load kernels") as loading:
        if rasterizer.name == "gsplat":  # takes a second, in which photos are decoded
            loading.submit(has_gsplat)
        info = run_session(job, ProcessGroup(rasterizer.device), rasterizer, on_progress)
    assert info, "rank 0 has the result"
    return info


def choose_gpus(settings: TrainSettings) -> int:
    """Number of processes: one per requested GPU, or 1 for the CPU.

    Raises:
        GpuError: fewer GPUs than requested.
        GpuMissingError: fewer than the task settings request, and the backend may use them.
    """
    if settings.backend in ("auto", "gsplat"):
        check_gpus()
    available = 0 if settings.backend == "numba" else torch.cuda.device_count()
    if settings.gpus > max(1, available):
        raise GpuError(
            f"training is to use {settings.gpus} GPUs, and this process sees {available}",
            remedy="Ask for fewer (--set train.gpus=1), or give the machine or the pod more: gpus of the "
            "task `train` in the task settings.",
        )
    return settings.gpus or max(1, available)
