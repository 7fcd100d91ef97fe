"""Live statistics of a training, for the progress line and for Prometheus."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field

import torch

from components.shared.progress import OnProgress, Progress
from components.train.loop.trainer import Trainer

LOADED, TRAINED = 0.02, 0.97
"""Progress when photos are loaded, and after the last step."""
_REPORT_INTERVAL_SECONDS = 0.5


@dataclass(slots=True)
class RecoveryLog:
    """Checkpoints and failures of a training."""

    saved_at: float = field(default_factory=time.time)
    """Unix time of the last checkpoint; before the first, that of the start."""
    failures: Counter[str] = field(default_factory=Counter)
    """Failures that training recovered from, by type of error."""


@dataclass(frozen=True, slots=True)
class TrainStatistics:
    """Statistics after one step."""

    step: int
    steps: int
    """Of the whole training."""
    loss: float
    """Running mean over training photos."""
    psnr_db: float | None
    """Last measurement on held-out photos; None before the first."""
    flat_psnr_db: float
    """PSNR of flat images in the mean colour of the photos."""
    gaussians: int
    """On all GPUs."""
    seconds: float
    """Training time so far."""
    gpu_memory_bytes: int | None
    """Reserved by torch; None on the CPU."""
    checkpoint_timestamp_seconds: float
    """`RecoveryLog.saved_at`."""
    failures: dict[str, int]


def statistics_of(trainer: Trainer, log: RecoveryLog) -> TrainStatistics:
    """Waits for the device."""
    state = trainer.state
    device = state.gaussians["means"].device
    return TrainStatistics(
        step=state.step,
        steps=trainer.schedule.steps,
        loss=float(state.running_loss),
        psnr_db=state.held_out_psnr_db,
        flat_psnr_db=trainer.flat_psnr_db,
        gaussians=trainer.count,
        seconds=state.seconds,
        gpu_memory_bytes=torch.cuda.memory_reserved(device) if device.type == "cuda" else None,
        checkpoint_timestamp_seconds=log.saved_at,
        failures=dict(log.failures),
    )


def step_reporter(on_progress: OnProgress, wanted: int) -> Callable[[Trainer, RecoveryLog], None]:
    """A function to call after every step, which reports at most twice a second: reading the loss is slow.

    It always reports the last step, and the first one of a try, from which on the speed is measured: photos
    are loaded and kernels compiled before it. `wanted` is the budget of Gaussians without limits of memory.
    """
    reported_at, last_step = -_REPORT_INTERVAL_SECONDS, -1

    def report(trainer: Trainer, log: RecoveryLog) -> None:
        nonlocal reported_at, last_step
        state, schedule = trainer.state, trainer.schedule
        is_first, last_step = state.step != last_step + 1, state.step
        is_early = time.monotonic() - reported_at < _REPORT_INTERVAL_SECONDS
        if is_early and not is_first and state.step < schedule.steps:
            return
        reported_at = time.monotonic()
        fraction = LOADED + (TRAINED - LOADED) * schedule.time_fraction(state.step)
        statistics = statistics_of(trainer, log)
        note = note_of(trainer, wanted)
        on_progress(Progress(f"Iter {state.step}", fraction, note, statistics, starts_pace=is_first))

    return report


def note_of(trainer: Trainer, wanted: int) -> str:
    """Text for the progress line; `wanted` as in `step_reporter`."""
    state = trainer.state
    parts = [f"Loss={float(state.running_loss):.4f}", f"Gaussians={trainer.count}"]
    if state.held_out_psnr_db is not None:
        parts.append(f"PSNR={state.held_out_psnr_db:.2f}")
    if state.budget < wanted:
        parts.append(f"Budget={state.budget} of {wanted} (memory)")
    return ", ".join(parts)
