"""Brings a training to its end through kills, divergence and full memory."""

from __future__ import annotations

import gc
import logging
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass

import torch

from components.shared.contracts.training import BudgetReduction
from components.shared.errors import (
    OutOfMemoryError,
    StorageError,
    TrainingDivergedError,
    TrainingInterruptedError,
)
from components.train.loop.trainer import Fit
from components.train.memory.budget import SMALLEST_BUDGET, smaller_budget
from components.train.model.process_group import Team
from components.train.quality.divergence import CHECK_EVERY
from components.train.recovery.checkpoint import Checkpoints
from components.train.recovery.checkpoint_writer import CheckpointWriter
from components.train.recovery.interrupt import Interruption
from components.train.state import TrainingState
from components.train.telemetry.statistics import Journal

_CAUTION = 0.3
"""Factor of the learning rates after a divergence."""
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Pace:
    """Save after so many seconds, or after so many steps where a number is given."""

    seconds: float
    steps: int | None = None


class Supervisor:
    """Runs `fit` on a state: a saved one where there is one, otherwise `start(budget)`, all rows of it.

    `reductions` are those of the budget before this process began.
    `fitting` tells the budget that the device's free memory holds now; None where nobody knows.
    """

    def __init__(
        self,
        start: Callable[[int], TrainingState],
        make_fit: Callable[[TrainingState], Fit],
        checkpoints: Checkpoints,
        pace: Pace,
        interruption: Interruption,
        on_step: Callable[[Fit, Journal], None],
        *,
        budget: int,
        device: torch.device,
        reductions: Sequence[BudgetReduction] = (),
        team: Team | None = None,
        fitting: Callable[[], int | None] = lambda: None,
    ) -> None:
        self._start, self._make_fit = start, make_fit
        self._checkpoints, self._pace = checkpoints, pace
        self._interruption, self._on_step = interruption, on_step
        self._device, self._fitting = device, fitting
        self._team = team or Team(device)
        self._writer = CheckpointWriter(checkpoints, device)
        self._due_since, self._due_since_step = time.monotonic(), 0
        self._journal = Journal()
        self._step, self._budget, self._caution = 0, budget, 1.0
        self._reductions = list(reductions)
        self.resumed_from_step: int | None = None

    def run(self) -> Fit:
        """The finished fit.

        Raises:
            TrainingDivergedError: it diverged again after its second chance.
            OutOfMemoryError: not even the smallest budget fits.
            TrainingInterruptedError: SIGTERM came; the work is saved.
            StorageError: checkpoints cannot be stored.
        """
        mend: Callable[[], None]
        try:
            while True:
                try:
                    return self._run_once(self._resume())
                except TrainingDivergedError:
                    if self._caution < 1.0:
                        raise
                    mend = self._be_careful
                except (MemoryError, RuntimeError) as error:
                    if not _says_memory_is_full(error):
                        raise
                    # Others of a team wait for this process, and will for ever: who began them begins anew.
                    if self._budget <= SMALLEST_BUDGET or self._team.size > 1:
                        raise _no_memory(self._step, self._budget) from error
                    mend = self._reduce_budget
                # Only now is the failed state gone: until here the error's traceback held it.
                mend()
        finally:
            self._writer.close()

    def _run_once(self, state: TrainingState) -> Fit:
        fit = self._make_fit(state)

        def after_step() -> None:
            self._step = state.step
            self._on_step(fit, self._journal)
            if self._team.size > 1 and state.step % CHECK_EVERY:
                return  # What follows is agreed upon, and that takes time.
            stops = bool(self._interruption)
            stops, saves = self._team.any(stops, not stops and self._wants_to_save(state.step))
            if stops:
                self._stop(fit)
            if saves:
                fit.check()
                self._save(state)

        fit.run(after_step)
        try:
            self._writer.wait()
        except StorageError as error:
            _log.warning("the last checkpoint could not be stored; nobody needs it any more: %s", error)
        return fit

    def _resume(self) -> TrainingState:
        """The state saved last, or a new one, under what failures have taught."""
        self._writer.wait()
        self._team.wait_for_all()  # The lead's checkpoint may still have been on its way.
        saved = self._checkpoints.load_latest(self._device)
        if saved is None:
            state = self._start(self._budget)
        else:
            state = TrainingState.from_state_dict(saved, self._device)
        if not self._step:
            self.resumed_from_step = state.step or None
        self._step = self._due_since_step = state.step
        self._caution = state.caution = min(self._caution, state.caution)
        state.limit_budget(min(self._budget, state.budget))
        self._budget = state.budget
        state.budget_reductions += [each for each in self._reductions if each not in state.budget_reductions]
        state = state.shared_out(self._team)
        if self._journal.failures:
            self._team.count(len(state.gaussians))
            self._save(state)
        return state

    def _wants_to_save(self, step: int) -> bool:
        if not self._team.is_lead:
            return False
        is_busy = self._writer.is_busy
        self._journal.saved_at = self._writer.saved_at or self._journal.saved_at
        return self._is_due(step) and not is_busy

    def _is_due(self, step: int) -> bool:
        """Whether to save; true once, so that what finds the writer busy waits for the next time."""
        now, pace = time.monotonic(), self._pace
        is_due = now - self._due_since >= pace.seconds
        is_due |= pace.steps is not None and step - self._due_since_step >= pace.steps
        if is_due:
            self._due_since, self._due_since_step = now, step
        return is_due

    def _save(self, state: TrainingState) -> None:
        whole = state.gathered(self._team)
        if self._team.is_lead:
            self._writer.write(state.step, whole.state_dict())

    def _stop(self, fit: Fit) -> None:
        fit.check()
        with suppress(StorageError):
            self._writer.wait()  # What follows is newer.
        self._save(fit.state)
        self._writer.wait()
        self._team.wait_for_all()
        raise TrainingInterruptedError(
            f"training was asked to end at step {fit.state.step}; its work is saved",
            remedy="Run the same command again: it goes on from there.",
        )

    def _be_careful(self) -> None:
        self._journal.failures["TrainingDivergedError"] += 1
        self._caution = _CAUTION

    def _reduce_budget(self) -> None:
        gc.collect()
        if self._device.type == "cuda":
            torch.cuda.empty_cache()
        self._journal.failures["OutOfMemoryError"] += 1
        before, self._budget = self._budget, smaller_budget(self._budget, self._fitting())
        self._reductions.append(BudgetReduction(step=self._step, before=before, after=self._budget))
        _log.warning(
            "memory ran out after step %d with a budget of %d Gaussians; training goes on with %d",
            self._step,
            before,
            self._budget,
        )


def _says_memory_is_full(error: MemoryError | RuntimeError) -> bool:
    """Triton and cuBLAS, who ask the driver, have no type for it."""
    is_typed = isinstance(error, MemoryError | torch.OutOfMemoryError)
    return is_typed or any(words in str(error) for words in ("out of memory", "STATUS_ALLOC_FAILED"))


def _no_memory(step: int, budget: int) -> OutOfMemoryError:
    least = ", the smallest budget there is" if budget <= SMALLEST_BUDGET else ""
    return OutOfMemoryError(
        f"memory ran out at step {step} with {budget} Gaussians{least}",
        remedy="Train on smaller photos (--image-max-side-px), or on a machine with more memory.",
    )
