"""The event file for TensorBoard has every figure of the training's history, once."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import google_crc32c
import numpy as np
import pytest

from components.evaluate.write_curves import write_curves
from components.shared.contracts.training import HistoryEntry
from components.shared.run_layout import TRAINING_CURVES

START = 1_790_000_000.25
"""Unix time."""


def entry(step: int, seconds: float, psnr_db: float | None = None, **more: Any) -> HistoryEntry:
    figures = {"loss": 0.3 * 0.9**step, "gaussians": 1_000_003 * step, "timestamp_seconds": START + seconds}
    return HistoryEntry(**{"step": step, "seconds": seconds, "psnr_db": psnr_db, **figures, **more})


# The pod was killed after step 20 and resumed an hour later: training time goes on, the clock went on.
HISTORY = [
    entry(10, 2.0),
    entry(20, 3.0, psnr_db=21.5),
    entry(30, 4.0, timestamp_seconds=START + 3604.0),
    entry(40, 4.0, psnr_db=24.125),
]


def records(path: Path) -> Iterator[bytes]:
    """The records of a TFRecord file: length, its masked CRC-32C, data, theirs."""
    content, place = path.read_bytes(), 0
    while place < len(content):
        head = content[place : place + 8]
        (length,) = struct.unpack("<Q", head)
        data = content[place + 12 : place + 12 + length]
        assert struct.unpack_from("<I", content, place + 8)[0] == masked(head)
        assert struct.unpack_from("<I", content, place + 12 + length)[0] == masked(data)
        yield data
        place += 16 + length


def masked(data: bytes) -> int:
    crc = int(google_crc32c.value(data))
    return ((crc >> 15 | crc << 17) + 0xA282EAD8) & 0xFFFFFFFF


def scalars(path: Path) -> dict[str, list[tuple[int, float, float]]]:
    """Step, Unix time and value of each point, by tag."""
    from tensorboardX.proto.event_pb2 import Event

    first, *events = map(Event.FromString, records(path))
    assert first.file_version == "brain.Event:2"
    found: dict[str, list[tuple[int, float, float]]] = {}
    for event in events:
        for value in event.summary.value:
            assert not value.HasField("metadata")  # TensorBoard warns of any without a plugin
            found.setdefault(value.tag, []).append((event.step, event.wall_time, value.simple_value))
    return found


@pytest.mark.slow  # Loading tensorboardX loads torch.
def test_every_figure_is_there_at_its_step_and_time(tmp_path):
    write_curves(HISTORY, tmp_path / TRAINING_CURVES)
    times = {each.step: each.timestamp_seconds for each in HISTORY}
    expected = {
        "train/loss": {each.step: each.loss for each in HISTORY},
        "train/psnr_db": {20: 21.5, 40: 24.125},
        "train/gaussians": {each.step: each.gaussians for each in HISTORY},
        # Of training time; no time passed between the last two points.
        "train/steps_per_second": {10: 5.0, 20: 10.0, 30: 10.0},
    }
    assert scalars(tmp_path / TRAINING_CURVES) == {
        tag: [(step, times[step], np.float32(value)) for step, value in values.items()]
        for tag, values in expected.items()
    }
    assert [path.name for path in (tmp_path / "tensorboard").iterdir()] == [Path(TRAINING_CURVES).name]


@pytest.mark.slow
@pytest.mark.parametrize("undated", [HISTORY, HISTORY[:2]], ids=["all", "those before it was resumed"])
def test_a_history_without_times_has_those_of_training(tmp_path, undated):
    older = [each.replace(timestamp_seconds=None) if each in undated else each for each in HISTORY]
    write_curves(older, tmp_path / TRAINING_CURVES)
    losses = scalars(tmp_path / TRAINING_CURVES)["train/loss"]
    assert [time for _, time, _ in losses] == [2.0, 3.0, 4.0, 4.0]
