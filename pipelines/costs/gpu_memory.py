"""Forecast of the peak of GPU memory of a training, before its photos are loaded."""

from __future__ import annotations

from components.train.memory.forecast import Workload
from components.train.scene.views import DEVICE_CACHE_BYTES
from pipelines.costs.work import Run

_BYTES_PER_PIXEL = 3
_ALL_SIZES = 1.25
"""Photos at half their size have a quarter of the pixels."""


def gpu_memory_bytes(run: Run) -> int:
    """Peak with all Gaussians that the plan of a GPU allows, on each of its GPUs."""
    plan = run.plan(on_gpu=True)
    pixels = round(1e6 * run.trained_megapixels(plan))
    photos = pixels * _BYTES_PER_PIXEL * run.size.photos
    workload = Workload(
        photo_bytes=round(_ALL_SIZES * photos) if photos < DEVICE_CACHE_BYTES else 0,
        largest_px=pixels,
        cameras=run.size.photos,
        sh_degree=plan.sh_degree,
        uses_autograd=run.train.needs_autograd or not plan.hyperparameters.fused,
        gpus=max(1, run.train.gpus),
    )
    return workload.forecast(plan.max_gaussians).peak
