"""How many GPUs a training gets."""

from __future__ import annotations

import torch

from components.shared.errors import GpuError
from components.shared.gpus import check_gpus
from components.train.settings import TrainSettings


def gpus_to_use(settings: TrainSettings) -> int:
    """As many as are asked for; at least 1, which may also stand for the CPU.

    Raises:
        GpuError: there are fewer.
        GpuMissingError: the task settings asked for more, and the backend may use them.
    """
    if settings.backend in ("auto", "gsplat"):
        check_gpus()
    there = 0 if settings.backend == "numba" else torch.cuda.device_count()
    if settings.gpus > max(1, there):
        raise GpuError(
            f"training is to use {settings.gpus} GPUs, and this process sees {there}",
            remedy="Ask for fewer (--training gpus=1), or give the machine or the pod more: gpus of the task "
            "`train` in the task settings.",
        )
    return settings.gpus or max(1, there)
