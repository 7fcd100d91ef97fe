"""What a training says of itself while it runs."""

from __future__ import annotations

import time
from collections.abc import Callable

from components.shared.progress import OnProgress, Progress
from components.train.loop.trainer import Fit
from components.train.telemetry.statistics import Journal, statistics_of

LOADED, TRAINED = 0.02, 0.97
"""Parts of the whole that are over when photos are loaded, and when the last step is taken."""
_REPORT_EVERY_SECONDS = 0.5


def step_reporter(on_progress: OnProgress, wanted: int) -> Callable[[Fit, Journal], None]:
    """Report the last step, and others at most twice a second: reading the loss waits for the device.

    It is called after every step; one that does not follow the step before comes from a checkpoint.
    """
    reported_at, last_step = -_REPORT_EVERY_SECONDS, 0

    def report(fit: Fit, journal: Journal) -> None:
        nonlocal reported_at, last_step
        state, schedule = fit.state, fit.schedule
        resumed, last_step = state.step != last_step + 1, state.step
        is_early = time.monotonic() - reported_at < _REPORT_EVERY_SECONDS
        if is_early and not resumed and state.step < schedule.steps:
            return
        reported_at = time.monotonic()
        fraction = LOADED + (TRAINED - LOADED) * schedule.time_fraction(state.step)
        statistics = statistics_of(fit, journal)
        note = note_of(fit, wanted)
        on_progress(Progress(f"Iter {state.step}", fraction, note, statistics, resumed=resumed))

    return report


def note_of(fit: Fit, wanted: int) -> str:
    """`wanted` is the budget without limits of memory."""
    state = fit.state
    parts = [f"Loss={float(state.running_loss):.4f}", f"Gaussians={fit.count}"]
    if state.held_out_psnr_db is not None:
        parts.append(f"PSNR={state.held_out_psnr_db:.2f}")
    if state.budget < wanted:
        parts.append(f"Budget={state.budget} of {wanted} (memory)")
    return ", ".join(parts)
