"""Training on several GPUs, a process each, restarted with a smaller budget after an out-of-memory error."""

from __future__ import annotations

import logging

from components.shared.contracts.training import BudgetReduction, TrainingInfo
from components.shared.errors import OutOfMemoryError
from components.shared.progress import OnProgress, Progress
from components.shared.rasterize import make_rasterizer
from components.train.launch.workers import run_workers
from components.train.memory.budget import SMALLEST_BUDGET, smaller_budget
from components.train.model.process_group import ProcessGroup
from components.train.recovery.interrupt import catch_termination
from components.train.session import TrainJob, run_session
from components.train.telemetry.statistics import TrainStatistics

_log = logging.getLogger(__name__)


def train_on_gpus(gpus: int, job: TrainJob, on_progress: OnProgress) -> TrainingInfo:
    """Train with `gpus` processes on this machine.

    Raises: what `components.train.train.train` raises.
    """
    reductions: list[BudgetReduction] = []
    step = 0

    def follow(progress: Progress) -> None:
        nonlocal step
        if isinstance(progress.details, TrainStatistics):
            step = progress.details.step
        on_progress(progress)

    with catch_termination() as interruption:
        while True:
            try:
                info: TrainingInfo = run_workers(gpus, _train_shard, (job, reductions), follow, interruption)
                return info
            except OutOfMemoryError:
                before = reductions[-1].after if reductions else job.settings.plan("cuda").max_gaussians
                if before <= SMALLEST_BUDGET:
                    raise
                after = smaller_budget(before, None)
                reductions.append(BudgetReduction(step=step, before=before, after=after))
                _log.warning(
                    "memory ran out after step %d; all GPUs restart with %d instead of %d Gaussians",
                    step,
                    after,
                    before,
                )


def _train_shard(
    group: ProcessGroup, on_progress: OnProgress, job: TrainJob, reductions: list[BudgetReduction]
) -> TrainingInfo | None:
    """One rank."""
    return run_session(job, group, make_rasterizer(job.settings.backend), on_progress, reductions)
