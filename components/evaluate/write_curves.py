"""The curves of a training for TensorBoard: an event file of scalars over the training steps."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator, Sequence
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

from components.shared.contracts.training import HistoryEntry
from components.shared.files import atomic_path


class _Point(NamedTuple):
    tag: str
    step: int
    value: float
    timestamp_seconds: float


def write_curves(history: Sequence[HistoryEntry], path: Path) -> None:
    """Write every figure of `history` as a float32 scalar with the Unix time at which it was recorded.

    Names and meanings are those of `kubesplat_train_…` in Prometheus. Histories of earlier versions have no
    such times: then a wall time is the training time, and only differences of wall times mean anything.
    """
    from tensorboardX import SummaryWriter  # Loads torch: seconds that other evaluations save.

    with tempfile.TemporaryDirectory() as folder, atomic_path(path) as temporary:
        with SummaryWriter(folder) as writer:
            for point in _points(history):
                writer.add_scalar(point.tag, point.value, point.step, point.timestamp_seconds)
        (events,) = Path(folder).iterdir()
        shutil.copyfile(events, temporary)


def _points(history: Sequence[HistoryEntry]) -> Iterator[_Point]:
    start = HistoryEntry(step=0, loss=0.0, gaussians=0, psnr_db=None, seconds=0.0)
    for (before, entry), time in zip(pairwise([start, *history]), _times(history), strict=True):
        seconds = entry.seconds - before.seconds
        values = {
            "train/loss": entry.loss,
            "train/psnr_db": entry.psnr_db,
            "train/gaussians": entry.gaussians,
            "train/steps_per_second": (entry.step - before.step) / seconds if seconds > 0 else None,
        }
        for tag, value in values.items():
            if value is not None:
                yield _Point(tag, entry.step, value, time)


def _times(history: Sequence[HistoryEntry]) -> list[float]:
    """Unix times, or training times where one is missing."""
    times = [entry.timestamp_seconds for entry in history if entry.timestamp_seconds is not None]
    return times if len(times) == len(history) else [entry.seconds for entry in history]
