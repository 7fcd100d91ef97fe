"""Brings a training to its end through kills, divergence and full memory."""

from __future__ import annotations

import time
from collections.abc import Callable

import torch

from components.shared.errors import OutOfMemoryError, TrainingDivergedError, TrainingInterruptedError
from components.train.checkpoint import Checkpoints
from components.train.fit import Fit
from components.train.interrupt import Interruption
from components.train.state import TrainingState
from components.train.statistics import Journal

_CAUTION = 0.3
"""Factor of the learning rates after a divergence."""
_SMALLEST_BUDGET = 1_000


class Supervisor:
    """Runs `fit` on a state: a saved one where there is one, otherwise `start(budget)`."""

    def __init__(
        self,
        start: Callable[[int], TrainingState],
        make_fit: Callable[[TrainingState], Fit],
        checkpoints: Checkpoints,
        save_every_seconds: float,
        interruption: Interruption,
        on_step: Callable[[Fit, Journal], None],
        *,
        budget: int,
        device: torch.device,
    ) -> None:
        self._start, self._make_fit = start, make_fit
        self._checkpoints, self._save_every = checkpoints, save_every_seconds
        self._interruption, self._on_step = interruption, on_step
        self._budget, self._device = budget, device
        self._saved_at = time.monotonic()
        self._journal = Journal()
        self.resumed_from_step: int | None = None

    def run(self) -> Fit:
        """The finished fit.

        Raises:
            TrainingDivergedError: it diverged again after its second chance.
            OutOfMemoryError: not even the smallest budget fits.
            TrainingInterruptedError: SIGTERM came; the work is saved.
        """
        state = self._last_good()
        if state.step:
            self.resumed_from_step = state.step
        change: Callable[[TrainingState], None]
        while True:
            try:
                return self._run_once(state)
            except TrainingDivergedError:
                self._journal.failures["TrainingDivergedError"] += 1
                if state.caution < 1.0:
                    raise
                change = _be_careful
            except (MemoryError, torch.OutOfMemoryError) as error:
                if state.budget <= _SMALLEST_BUDGET:
                    raise _no_memory(state) from error
                self._journal.failures["OutOfMemoryError"] += 1
                change = _halve_budget(state.budget)
            del state  # Its memory is needed for the next try.
            state = self._last_good()
            change(state)
            self._save(state)

    def _run_once(self, state: TrainingState) -> Fit:
        fit = self._make_fit(state)

        def after_step() -> None:
            self._on_step(fit, self._journal)
            if self._interruption:
                self._stop(fit)
            if time.monotonic() - self._saved_at >= self._save_every:
                fit.check()
                self._save(state)

        fit.run(after_step)
        return fit

    def _last_good(self) -> TrainingState:
        saved = self._checkpoints.load_latest(self._device)
        if saved is None:
            return self._start(self._budget)
        state = TrainingState.from_state_dict(saved, self._device)
        self._budget = state.budget
        return state

    def _save(self, state: TrainingState) -> None:
        self._checkpoints.save(state.step, state.state_dict())
        self._saved_at, self._journal.saved_at = time.monotonic(), time.time()

    def _stop(self, fit: Fit) -> None:
        fit.check()
        self._save(fit.state)
        raise TrainingInterruptedError(
            f"training was asked to end at step {fit.state.step}; its work is saved",
            remedy="Run the same command again: it goes on from there.",
        )


def _be_careful(state: TrainingState) -> None:
    state.caution = _CAUTION


def _halve_budget(budget: int) -> Callable[[TrainingState], None]:
    def change(state: TrainingState) -> None:
        state.limit_budget(max(_SMALLEST_BUDGET, budget // 2))

    return change


def _no_memory(state: TrainingState) -> OutOfMemoryError:
    return OutOfMemoryError(
        f"memory ran out at step {state.step} with {state.budget} Gaussians, the smallest budget there is",
        remedy="Train on smaller photos (--image-max-side-px), or on a machine with more memory.",
    )
