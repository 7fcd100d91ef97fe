"""Supervision of a training: checkpoints, and recovery from kills, divergence and out-of-memory errors."""

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
from components.shared.foreign_errors import is_out_of_memory
from components.train.loop.schedule import CHECK_INTERVAL_STEPS
from components.train.loop.trainer import Trainer
from components.train.memory.budget import SMALLEST_BUDGET, smaller_budget
from components.train.model.process_group import ProcessGroup
from components.train.recovery.checkpoint import Checkpoints
from components.train.recovery.checkpoint_writer import CheckpointWriter
from components.train.recovery.interrupt import Interruption
from components.train.state import TrainingState
from components.train.telemetry.statistics import RecoveryLog

_LR_SCALE_AFTER_DIVERGENCE = 0.3
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class SaveInterval:
    """A checkpoint is due after `seconds` or after `steps`, whichever comes first."""

    seconds: float
    steps: int | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Training:
    """The training that a `Supervisor` runs."""

    start: Callable[[int], TrainingState]
    """Makes a state at step 0 for a budget of Gaussians, with the rows of all ranks."""
    make_trainer: Callable[[TrainingState], Trainer]
    on_step: Callable[[Trainer, RecoveryLog], None]
    """Called after every step."""
    fitting_budget: Callable[[], int | None] = lambda: None
    """Budget that fits into the free memory of the device; None: unknown."""


class Supervisor:
    """Runs a training on the last checkpoint, or from the start where there is none."""

    def __init__(
        self,
        training: Training,
        checkpoints: Checkpoints,
        interval: SaveInterval,
        interruption: Interruption,
        group: ProcessGroup,
        budget: int,
        reductions: Sequence[BudgetReduction] = (),
    ) -> None:
        """`reductions` are those that led to `budget` in earlier processes."""
        self._training, self._group = training, group
        self._checkpoints, self._interval, self._interruption = checkpoints, interval, interruption
        self._writer = CheckpointWriter(checkpoints, group.device)
        self._due_since, self._due_since_step = time.monotonic(), 0
        self._log = RecoveryLog()
        self._step, self._budget, self._lr_scale = 0, budget, 1.0
        self._reductions = list(reductions)
        self.resumed_from_step: int | None = None
        """Of the checkpoint that an earlier process left."""

    def run(self) -> Trainer:
        """The trainer after its last step.

        Raises:
            TrainingDivergedError: it diverged again with lower learning rates.
            OutOfMemoryError: the smallest budget does not fit, or one of several GPUs is full.
            TrainingInterruptedError: SIGTERM; the work is saved.
            StorageError: checkpoints cannot be stored.
        """
        recover: Callable[[], None]
        try:
            while True:
                try:
                    return self._run_once(self._resume())
                except TrainingDivergedError:
                    if self._lr_scale < 1.0:
                        raise
                    recover = self._lower_learning_rates
                except (MemoryError, RuntimeError) as error:
                    if not is_out_of_memory(error):
                        raise
                    # Other ranks block in a collective until the launcher restarts all of them.
                    if self._budget <= SMALLEST_BUDGET or self._group.size > 1:
                        raise _out_of_memory(self._step, self._budget) from error
                    recover = self._reduce_budget
                # After the except block: the traceback of the error references the failed state.
                recover()
        finally:
            self._writer.close()

    def _run_once(self, state: TrainingState) -> Trainer:
        trainer = self._training.make_trainer(state)

        def after_step() -> None:
            self._step = state.step
            self._training.on_step(trainer, self._log)
            if self._group.size > 1 and state.step % CHECK_INTERVAL_STEPS:
                return  # All ranks must agree to stop or save, which waits for the device.
            stops = bool(self._interruption)
            stops, saves = self._group.all_reduce_any(stops, not stops and self._wants_to_save(state.step))
            if stops:
                self._stop(trainer)
            if saves:
                trainer.check()
                self._save(state)

        trainer.run(after_step)
        try:
            self._writer.wait()
        except StorageError as error:
            _log.warning("the last checkpoint could not be stored; it is no longer needed: %s", error)
        return trainer

    def _resume(self) -> TrainingState:
        """The last checkpoint or a new state, with the lowest budget and learning rates so far."""
        self._writer.wait()
        self._group.barrier()  # Rank 0 may still have been writing a checkpoint.
        saved = self._checkpoints.load_latest(self._group.device)
        if saved is None:
            state = self._training.start(self._budget)
        else:
            state = TrainingState.from_state_dict(saved, self._group.device)
        if not self._step:
            self.resumed_from_step = state.step or None
        self._step = self._due_since_step = state.step
        self._lr_scale = state.lr_scale = min(self._lr_scale, state.lr_scale)
        state.limit_budget(min(self._budget, state.budget))
        self._budget = state.budget
        state.budget_reductions += [each for each in self._reductions if each not in state.budget_reductions]
        state.keep_own_rows(self._group)
        if self._log.failures:
            self._group.gather_counts(len(state.gaussians))
            self._save(state)
        return state

    def _wants_to_save(self, step: int) -> bool:
        if not self._group.is_main:
            return False
        is_busy = self._writer.is_busy
        self._log.saved_at = self._writer.saved_at or self._log.saved_at
        return self._is_due(step) and not is_busy

    def _is_due(self, step: int) -> bool:
        """Whether a checkpoint is due; starts the next interval, even if the writer is busy."""
        now, interval = time.monotonic(), self._interval
        is_due = now - self._due_since >= interval.seconds
        is_due |= interval.steps is not None and step - self._due_since_step >= interval.steps
        if is_due:
            self._due_since, self._due_since_step = now, step
        return is_due

    def _save(self, state: TrainingState) -> None:
        whole = state.gathered(self._group)
        if self._group.is_main:
            self._writer.write(state.step, whole.state_dict())

    def _stop(self, trainer: Trainer) -> None:
        trainer.check()
        with suppress(StorageError):
            self._writer.wait()  # The next checkpoint replaces this one.
        self._save(trainer.state)
        self._writer.wait()
        self._group.barrier()
        raise TrainingInterruptedError(
            f"training was asked to end at step {trainer.state.step}; its work is saved",
            remedy="Run the same command again: it resumes from there.",
        )

    def _lower_learning_rates(self) -> None:
        self._log.failures[TrainingDivergedError.__name__] += 1
        self._lr_scale = _LR_SCALE_AFTER_DIVERGENCE

    def _reduce_budget(self) -> None:
        gc.collect()
        if self._group.device.type == "cuda":
            torch.cuda.empty_cache()
        self._log.failures[OutOfMemoryError.__name__] += 1
        before, self._budget = self._budget, smaller_budget(self._budget, self._training.fitting_budget())
        self._reductions.append(BudgetReduction(step=self._step, before=before, after=self._budget))
        _log.warning(
            "memory ran out after step %d with a budget of %d Gaussians; training resumes with %d",
            self._step,
            before,
            self._budget,
        )


def _out_of_memory(step: int, budget: int) -> OutOfMemoryError:
    smallest = ", the smallest budget there is" if budget <= SMALLEST_BUDGET else ""
    return OutOfMemoryError(
        f"memory ran out at step {step} with {budget} Gaussians{smallest}",
        remedy="Train on smaller photos (--image-max-side-px), or on a machine with more memory.",
    )
