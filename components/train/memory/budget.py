"""The budget of Gaussians that fits into memory."""

from __future__ import annotations

import logging

import torch

from components.shared.contracts.training import Budget
from components.train.memory.forecast import Workload
from components.train.settings import Plan, TrainSettings

SMALLEST_BUDGET = 1_000

_USABLE = 0.8
"""Fraction of the free memory to use: forecasts err by up to 15 %, and memory is fragmented."""
_MAX_RETRY_FRACTION = 0.9
"""Of a budget that ran out of memory although it was forecast to fit: one close to it would fail again."""
_log = logging.getLogger(__name__)


def free_bytes(device: torch.device) -> int | None:
    """Free device memory plus torch's reserved, unallocated memory, without inactive split blocks
    (fragmentation); None on CPUs."""
    if device.type != "cuda":
        return None
    stats = torch.cuda.memory_stats(device)
    fragments = stats.get("inactive_split_bytes.all.current", 0)
    unused = torch.cuda.memory_reserved(device) - torch.cuda.memory_allocated(device) - fragments
    return torch.cuda.mem_get_info(device)[0] + max(0, unused)


def grant_budget(settings: TrainSettings, plan: Plan, workload: Workload, free: int | None) -> Budget:
    """The budget of the plan, lowered to what fits; one that the user set is never lowered."""
    wanted = plan.max_gaussians
    if free is None:
        return Budget(wanted=wanted, granted=wanted)
    granted, fitting = wanted, fitting_budget(workload, free)
    if fitting < wanted and settings.max_gaussians is None:
        granted = max(SMALLEST_BUDGET, fitting)
    forecast = _needed(workload, granted)
    if fitting < wanted:
        _log.warning(
            "%s Gaussians are wanted, %s fit into %s MiB of free GPU memory; training uses %s, which "
            "take about %s MiB. Smaller photos (--image-max-side-px) leave memory for more",
            *(f"{each:,}" for each in (wanted, fitting, free >> 20, granted, forecast >> 20)),
        )
    return Budget(wanted=wanted, granted=granted, free_bytes=free, forecast_bytes=forecast)


def fitting_budget(workload: Workload, free: int) -> int:
    """Gaussians that fit, with a margin, into the memory that is free after photos are loaded; 0: none."""
    return workload.largest_budget(round(_USABLE * free) + workload.photo_bytes)


def fitting_now(workload: Workload, device: torch.device) -> int | None:
    """`fitting_budget` of the memory that is free now; None on CPUs, where memory is not forecast."""
    free = free_bytes(device)
    return None if free is None else fitting_budget(workload, free)


def smaller_budget(budget: int, fitting: int | None) -> int:
    """The budget after an out-of-memory error: the fitting one, or half if that is unknown or too close."""
    if fitting is None or fitting > _MAX_RETRY_FRACTION * budget:
        return max(SMALLEST_BUDGET, budget // 2)
    return max(SMALLEST_BUDGET, fitting)


def _needed(workload: Workload, budget: int) -> int:
    return workload.forecast(budget).peak - workload.photo_bytes
