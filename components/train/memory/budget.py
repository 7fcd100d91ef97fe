"""How many Gaussians there may be, as far as memory decides it."""

from __future__ import annotations

import logging

import torch

from components.shared.contracts.training import Budget
from components.train.memory.forecast import Workload
from components.train.settings import Plan, TrainSettings

SMALLEST_BUDGET = 1_000

_USABLE = 0.8
"""Part of the free memory that is planned with: forecasts err by up to 15 %, and tensors leave gaps."""
_WORTH_TRYING = 0.9
"""Where memory ran out with a budget that it should have held, one a little smaller fares no better."""
_log = logging.getLogger(__name__)


def free_bytes(device: torch.device) -> int | None:
    """What training can still have of a CUDA device: of the system, and what torch keeps unused.

    Of the latter not the rests of blocks that are in use in part: little fits into them.
    """
    if device.type != "cuda":
        return None
    kept = torch.cuda.memory_stats(device)
    rests = kept.get("inactive_split_bytes.all.current", 0)
    unused = torch.cuda.memory_reserved(device) - torch.cuda.memory_allocated(device) - rests
    return torch.cuda.mem_get_info(device)[0] + max(0, unused)


def grant_budget(settings: TrainSettings, plan: Plan, workload: Workload, free: int | None) -> Budget:
    """As many as the plan wants where they fit; a number that the user gave is never lowered."""
    wanted = plan.max_gaussians
    if free is None:
        return Budget(wanted=wanted, granted=wanted)
    granted, fitting = wanted, fitting_budget(workload, free)
    if fitting < wanted and settings.max_gaussians is None:
        granted = max(SMALLEST_BUDGET, fitting)
    forecast = _needed(workload, granted)
    if fitting < wanted:
        _log.warning(
            "%s Gaussians are wanted, %s fit into %s MiB of free GPU memory; training goes for %s, which "
            "take about %s MiB. Smaller photos (--image-max-side-px) leave room for more",
            *(f"{each:,}" for each in (wanted, fitting, free >> 20, granted, forecast >> 20)),
        )
    return Budget(wanted=wanted, granted=granted, free_bytes=free, forecast_bytes=forecast)


def fitting_budget(workload: Workload, free: int) -> int:
    """Gaussians that fit, with a margin, into bytes that are free once photos are loaded; 0 where none do."""
    return workload.largest_budget(round(_USABLE * free) + workload.photo_bytes)


def fitting_now(workload: Workload, device: torch.device) -> int | None:
    """The same, of what is free at this moment; None where memory is not forecast."""
    free = free_bytes(device)
    return None if free is None else fitting_budget(workload, free)


def smaller_budget(budget: int, fitting: int | None) -> int:
    """What to go on with after memory ran out: what now fits, or half where that is not known or not less."""
    if fitting is None or fitting > _WORTH_TRYING * budget:
        return max(SMALLEST_BUDGET, budget // 2)
    return max(SMALLEST_BUDGET, fitting)


def _needed(workload: Workload, budget: int) -> int:
    return workload.forecast(budget).peak - workload.photo_bytes
