"""A training by several processes, a GPU each, begun anew with fewer Gaussians where memory ran out."""

from __future__ import annotations

import logging

from components.shared.contracts.training import BudgetReduction, TrainingInfo
from components.shared.errors import OutOfMemoryError
from components.shared.progress import OnProgress, Progress
from components.shared.rasterize import make_rasterizer
from components.train.launch.workers import work_together
from components.train.memory.budget import SMALLEST_BUDGET, smaller_budget
from components.train.model.process_group import Team
from components.train.recovery.interrupt import catch_termination
from components.train.session import Files, Session
from components.train.settings import TrainSettings
from components.train.telemetry.statistics import TrainStatistics

_log = logging.getLogger(__name__)


def train_together(gpus: int, files: Files, settings: TrainSettings, on_progress: OnProgress) -> TrainingInfo:
    """As `components.train.train.train`, by so many processes on this machine.

    Raises: what that raises.
    """
    reductions: list[BudgetReduction] = []
    step = 0

    def listen(progress: Progress) -> None:
        nonlocal step
        if isinstance(progress.details, TrainStatistics):
            step = progress.details.step
        on_progress(progress)

    with catch_termination() as interruption:
        while True:
            try:
                result: TrainingInfo = work_together(
                    gpus, _train_share, (files, settings, reductions), listen, interruption
                )
                return result
            except OutOfMemoryError:
                before = reductions[-1].after if reductions else settings.plan("cuda").max_gaussians
                if before <= SMALLEST_BUDGET:
                    raise
                reductions.append(
                    BudgetReduction(step=step, before=before, after=smaller_budget(before, None))
                )
                _log.warning(
                    "memory ran out after step %d; all GPUs begin again, with %d in place of %d Gaussians",
                    step,
                    reductions[-1].after,
                    before,
                )


def _train_share(
    team: Team,
    on_progress: OnProgress,
    files: Files,
    settings: TrainSettings,
    reductions: list[BudgetReduction],
) -> TrainingInfo | None:
    rasterizer = make_rasterizer(settings.backend)
    most = reductions[-1].after if reductions else None
    return Session(team, rasterizer, files, settings, on_progress).run(most, reductions)
