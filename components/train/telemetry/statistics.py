"""What is known of a training under way, for those who watch it."""

from __future__ import annotations

import time
from collections import Counter
from dataclasses import dataclass, field

import torch

from components.train.loop.trainer import Fit


@dataclass(slots=True)
class Journal:
    """What happened to a training besides its steps."""

    saved_at: float = field(default_factory=time.time)
    """Unix time since when work can be lost: the last checkpoint, or the start."""
    failures: Counter[str] = field(default_factory=Counter)
    """How often training failed and went on all the same, by the error's type."""


@dataclass(frozen=True, slots=True)
class TrainStatistics:
    """`loss` is a running mean over photos; `psnr_db` of held-out views is None until it is measured."""

    step: int
    steps: int
    loss: float
    psnr_db: float | None
    flat_psnr_db: float
    """What painting every photo in one colour reaches: who learned anything is above."""
    gaussians: int
    seconds: float
    gpu_memory_bytes: int | None
    saved_at: float
    failures: dict[str, int]


def statistics_of(fit: Fit, journal: Journal) -> TrainStatistics:
    """Reading the loss waits for the device."""
    state = fit.state
    device = state.gaussians["means"].device
    return TrainStatistics(
        step=state.step,
        steps=fit.schedule.steps,
        loss=float(state.running_loss),
        psnr_db=state.held_out_psnr_db,
        flat_psnr_db=fit.flat_psnr_db,
        gaussians=fit.count,
        seconds=state.seconds,
        gpu_memory_bytes=torch.cuda.memory_reserved(device) if device.type == "cuda" else None,
        saved_at=journal.saved_at,
        failures=dict(journal.failures),
    )
