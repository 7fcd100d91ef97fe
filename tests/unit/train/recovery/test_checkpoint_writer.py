"""Checkpoints are written beside training: one at a time, as the state was, and no failure is lost."""

import threading
import time
from pathlib import Path

import pytest
import torch

from components.shared.errors import StorageError
from components.train.recovery.checkpoint import Checkpoints
from components.train.recovery.checkpoint_writer import CheckpointWriter

CPU = torch.device("cpu")


class SlowCheckpoints(Checkpoints):
    """Stores only when let."""

    def __init__(self, uri: str) -> None:
        super().__init__(uri, "key")
        self.may_store = threading.Event()

    def save(self, step, state) -> None:
        assert self.may_store.wait(10)
        super().save(step, state)


@pytest.fixture
def slow(tmp_path: Path) -> SlowCheckpoints:
    return SlowCheckpoints(str(tmp_path))


@pytest.fixture
def writer(slow):
    writer = CheckpointWriter(slow, CPU)
    yield writer
    slow.may_store.set()
    writer.close()


def look_until_idle(writer: CheckpointWriter) -> None:
    give_up = time.monotonic() + 10
    while writer.is_busy and time.monotonic() < give_up:
        time.sleep(0.01)


def test_what_is_stored_is_the_state_as_it_was(slow, writer):
    state = {"values": torch.zeros(3), "inner": [{"count": torch.tensor(1)}], "pair": (torch.ones(1), 2)}
    writer.write(7, state)
    state["values"] += 1.0
    state["inner"][0]["count"] += 1
    state["pair"][0].mul_(5.0)
    slow.may_store.set()
    writer.wait()
    stored = slow.load_latest(CPU)
    assert stored["values"].tolist() == [0.0, 0.0, 0.0]
    assert stored["inner"][0]["count"] == 1
    assert stored["pair"][0] == 1.0
    assert stored["pair"][1] == 2


def test_training_continues_while_one_is_written(slow, writer):
    begun = time.time()
    writer.write(1, {"step": 1})
    assert writer.is_busy
    assert writer.saved_at is None
    assert slow.load_latest(CPU) is None
    written = time.time()
    slow.may_store.set()
    writer.wait()
    assert not writer.is_busy
    assert slow.load_latest(CPU)["step"] == 1
    assert begun <= writer.saved_at <= written, "the time of the state, not of its arrival"


def test_a_second_one_is_never_queued(writer):
    writer.write(1, {"step": 1})
    with pytest.raises(AssertionError, match="still being written"):
        writer.write(2, {"step": 2})


def test_a_failure_is_raised_at_the_next_look_and_once(tmp_path):
    blocked = tmp_path / "file"
    blocked.write_text("no folder")
    writer = CheckpointWriter(Checkpoints(str(blocked), "key"), CPU)
    writer.write(1, {"step": 1})
    with pytest.raises(StorageError):
        look_until_idle(writer)
    assert not writer.is_busy
    writer.close()


def test_a_disk_that_is_full_is_named(tmp_path, monkeypatch):
    def fail(*_) -> None:
        raise RuntimeError("PytorchStreamWriter failed writing file data/0: file write failed")

    monkeypatch.setattr("components.train.recovery.checkpoint.torch.save", fail)
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    with pytest.raises(StorageError, match=str(tmp_path)) as failure:
        Checkpoints(str(tmp_path), "key").save(1, {})
    assert "TMPDIR" in failure.value.remedy


def test_closing_lets_the_last_one_arrive(slow, writer):
    writer.write(3, {"step": 3})
    threading.Timer(0.1, slow.may_store.set).start()
    writer.close()
    assert slow.load_latest(CPU)["step"] == 3


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")
def test_a_device_copies_before_the_next_step_changes_it(slow, writer):
    device = torch.device("cuda")
    writer = CheckpointWriter(slow, device)
    values = torch.zeros(50_000_000, device=device)
    slow.may_store.set()
    writer.write(1, {"values": values})
    values += 1.0
    writer.wait()
    stored = slow.load_latest(CPU)["values"]
    assert stored.device.type == "cpu"
    assert not stored.any()
    writer.close()
