"""Training end to end on the CPU, and what it survives."""

import json
import os
import signal
import subprocess
import sys
import time
from functools import partial
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import torch

from components.shared.contracts.training import TrainingInfo
from components.shared.errors import OutOfMemoryError, TrainingDivergedError, TrainingInterruptedError
from components.shared.ply.read_ply import read_ply
from components.shared.progress import Progress, ignore_progress
from components.shared.rasterize import make_rasterizer
from components.train import session
from components.train import train as entry
from components.train.memory.forecast import Workload
from components.train.model.gaussians import NAMES
from components.train.settings import TrainSettings
from components.train.telemetry.gpu_usage import watch_gpus
from components.train.telemetry.nvml import GpuSample
from components.train.train import train

pytestmark = pytest.mark.slow

SETTINGS = TrainSettings(
    backend="numba", steps=400, max_gaussians=2_500, sh_degree=1, checkpoint_every_seconds=3_600
)
OFTEN = SETTINGS.model_copy(update={"checkpoint_every_seconds": 0.3})


class Run:
    """One folder for results and one for checkpoints, so that runs can go on where others ended."""

    def __init__(self, scene: Path, folder: Path) -> None:
        self.scene, self.folder = scene, folder
        self.ply, self.json = folder / "splat.ply", folder / "training.json"
        self.checkpoints = folder / "checkpoints"

    def __call__(self, settings: TrainSettings = SETTINGS, on_progress=ignore_progress) -> TrainingInfo:
        return train(self.scene, self.folder, settings, str(self.checkpoints), on_progress)

    def saved(self) -> list[Path]:
        return sorted(self.checkpoints.rglob("step-*.pt"))


@pytest.fixture
def run(scene_folder: Path, tmp_path: Path) -> Run:
    return Run(scene_folder, tmp_path)


@pytest.fixture(scope="module")
def finished(scene_folder: Path, tmp_path_factory) -> tuple[Run, TrainingInfo, list[Progress]]:
    """A training that nothing disturbed."""
    run = Run(scene_folder, tmp_path_factory.mktemp("finished"))
    events: list[Progress] = []
    return run, run(on_progress=events.append), events


def test_it_ends_when_time_is_up_with_what_it_has(run, finished):
    """`finished` has compiled the rasterizer, which takes longer than the limit."""
    result = run(SETTINGS.model_copy(update={"steps": 100_000, "max_minutes": 0.1}))
    assert 100 < result.steps < 100_000
    assert result.ended_early.steps_left == 100_000 - result.steps
    assert result.ended_early.limit_seconds == pytest.approx(6.0)
    assert result.ended_early.saved_seconds > 60
    assert len(read_ply(run.ply)) == result.gaussians > 100
    assert result.psnr_db > 12.0
    assert run.saved() == [], "a training that has ended does not resume"


def test_its_speed_is_measured_from_the_first_step_on(finished):
    *_, events = finished
    assert [event.phase for event in events if event.starts_pace] == ["Iter 1"]


def test_it_learns_the_scene_within_its_budget(finished):
    _, result, _ = finished
    assert result.psnr_db > 19.0
    assert result.ssim > 0.6
    assert 1_500 < result.gaussians <= 2_500
    assert result.held_out == ["00.png", "08.png", "16.png"]


def test_the_record_has_the_curves(finished):
    run, result, _ = finished
    record = json.loads(run.json.read_text())
    assert record["schema"] == 1
    assert record["psnr_db"] == pytest.approx(result.psnr_db)
    assert record["resumed_from_step"] is None
    assert record["gpu_usage"] is None
    history = record["history"]
    assert history[-1]["step"] == 400
    assert len(history) == 100
    assert history[0]["timestamp_seconds"] < history[-1]["timestamp_seconds"] <= time.time()
    assert history[-1]["loss"] < 0.5 * history[0]["loss"]
    measured = [entry["psnr_db"] for entry in history if entry["psnr_db"] is not None]
    assert measured[-1] > measured[0]


def test_the_ply_holds_what_was_trained(finished):
    run, result, _ = finished
    splats = read_ply(run.ply)
    assert len(splats) == result.gaussians
    assert splats.sh_degree == 1
    assert np.isfinite(splats.means).all()


def test_what_was_trained_antialiased_says_so(run, finished):
    run(SETTINGS.model_copy(update={"steps": 100, "antialiased": True}))
    assert read_ply(run.ply).antialiased
    assert json.loads(run.json.read_text())["antialiased"] is True
    assert not read_ply(finished[0].ply).antialiased
    assert json.loads(finished[0].json.read_text())["antialiased"] is False


def test_what_its_gpus_did_is_recorded(run, monkeypatch):
    """Trained on the CPU, watched as if there were a GPU."""
    gpu = GpuSample(utilization_ratio=0.9, power_watts=150.0, used_memory_bytes=2**30)
    gpus = SimpleNamespace(read=lambda: [gpu], close=lambda: None)
    watch = partial(watch_gpus, connect=lambda count: gpus, interval_seconds=0.02)
    monkeypatch.setattr(entry, "has_cuda", lambda: True)
    monkeypatch.setattr(entry, "watch_gpus", watch)
    started = time.monotonic()
    result = run(SETTINGS.model_copy(update={"backend": "auto", "steps": 100}))
    assert 0 < result.gpu_usage.seconds < time.monotonic() - started
    assert result.gpu_usage.utilization == pytest.approx(0.9)
    assert TrainingInfo.read(run.json) == result


def test_clean_up_is_recorded_and_can_be_switched_off(run, finished, monkeypatch):
    cleaned = finished[1].clean_up
    assert cleaned is not None
    assert list(cleaned.rules) == ["floaters", "haze"]
    assert cleaned.psnr_after_db == pytest.approx(finished[1].psnr_db, abs=1e-3)
    monkeypatch.setattr(session, "clean_up", None)  # Calling it would be an error.
    result = run(SETTINGS.model_copy(update={"steps": 100, "clean_up": False}))
    assert result.clean_up is None
    assert json.loads(run.json.read_text())["clean_up"] is None


def test_progress_goes_from_zero_to_the_end_with_its_figures(finished):
    _, _, events = finished
    fractions = [event.fraction for event in events]
    assert fractions == sorted(fractions)
    assert events[0].phase == "load photos"
    assert any(event.phase.startswith("Iter ") and "Loss=" in event.note for event in events)
    assert "PSNR=" in events[-1].note


def test_nothing_is_left_of_the_checkpoints(finished):
    run, _, _ = finished
    assert not run.saved()


def test_killed_and_run_again_it_ends_the_same(run, finished):
    program = (
        "import sys; from pathlib import Path; sys.path.insert(0, str(Path('tests/unit/train').resolve()))\n"
        "from test_train import OFTEN, Run\n"
        f"Run(Path({str(run.scene)!r}), Path({str(run.folder)!r}))(OFTEN)"
    )
    child = subprocess.Popen([sys.executable, "-c", program])
    try:
        give_up = time.monotonic() + 120
        while len(run.saved()) < 2 and child.poll() is None and time.monotonic() < give_up:
            time.sleep(0.02)
    finally:
        child.kill()
        child.wait()
    assert run.saved(), "it was killed before it saved anything"
    result = run()
    assert result.resumed_from_step
    assert result.psnr_db == pytest.approx(finished[1].psnr_db, abs=0.05)
    assert run.ply.read_bytes() == finished[0].ply.read_bytes()


def test_asked_to_end_it_saves_and_resumes_later(run, finished):
    def ask_to_end(progress: Progress) -> None:
        if progress.phase.startswith("Iter "):
            os.kill(os.getpid(), signal.SIGTERM)

    with pytest.raises(TrainingInterruptedError, match="its work is saved"):
        run(on_progress=ask_to_end)
    assert len(run.saved()) == 1
    assert signal.getsignal(signal.SIGTERM) == signal.SIG_DFL
    assert run().resumed_from_step
    assert run.ply.read_bytes() == finished[0].ply.read_bytes()


class Spoiled:
    """The CPU's rasterizer with a fault: `spoil` sees each rendering and its number."""

    def __init__(self, spoil) -> None:
        self._inner, self._spoil, self._calls = make_rasterizer("numba"), spoil, 0
        self.name, self.device = self._inner.name, self._inner.device

    def __call__(self, means, *arguments, **keywords):
        self._calls += 1
        rendered = self._inner(means, *arguments, **keywords)
        self._spoil(self._calls, len(means), rendered)
        return rendered


@pytest.fixture
def spoil(monkeypatch):
    def install(fault) -> None:
        monkeypatch.setattr(entry, "make_rasterizer", lambda *_: Spoiled(fault))

    return install


def test_one_bad_step_costs_no_training(run, spoil):
    def once(call, _count, rendered) -> None:
        if call == 150:
            rendered.image.mul_(torch.nan)

    spoil(once)
    result = run(OFTEN)
    assert result.steps == 400
    assert result.psnr_db > 18.0
    assert np.isfinite(read_ply(run.ply).means).all()


def test_what_diverges_again_is_an_error_and_no_result(run, spoil):
    def from_then_on(call, _count, rendered) -> None:
        if call >= 150:
            rendered.image.mul_(torch.nan)

    spoil(from_then_on)
    with pytest.raises(TrainingDivergedError, match="the loss is nan"):
        run()
    assert not run.ply.exists()


def test_training_that_learns_nothing_ends_early(run, monkeypatch):
    monkeypatch.setattr("components.train.loop.trainer.learning_rates", lambda *_: dict.fromkeys(NAMES, 0.0))
    events: list[Progress] = []
    with pytest.raises(TrainingDivergedError, match="nothing was learned"):
        run(on_progress=events.append)
    assert max(event.fraction for event in events) < 0.8


def test_full_memory_means_fewer_gaussians(run, spoil):
    def fill_memory(_call, count, _rendered) -> None:
        if count > 2_000:
            raise torch.OutOfMemoryError("out of memory")

    spoil(fill_memory)
    events: list[Progress] = []
    result = run(on_progress=events.append)
    assert result.steps == 400
    assert result.gaussians <= 1_250
    assert events[-1].note.endswith("Budget=1250 of 2500 (memory)")
    (reduction,) = json.loads(run.json.read_text())["budget_reductions"]
    assert (reduction["from"], reduction["to"]) == (2_500, 1_250)
    assert 0 < reduction["step"] < 400


def test_on_a_device_with_less_memory_it_resumes_with_what_fits(run, monkeypatch):
    def ask_to_end(progress: Progress) -> None:
        if progress.phase.startswith("Iter "):
            os.kill(os.getpid(), signal.SIGTERM)

    settings = SETTINGS.model_copy(update={"max_gaussians": None})
    workload = Workload(photo_bytes=0, largest_px=96 * 72, cameras=17, sh_degree=1)
    enough_for_2_000 = round(workload.forecast(2_000).peak / 0.8) + 1
    free = iter([1 << 40, enough_for_2_000])
    monkeypatch.setattr(session, "free_bytes", lambda _: next(free))
    with pytest.raises(TrainingInterruptedError):
        run(settings, ask_to_end)
    events: list[Progress] = []
    result = run(settings, events.append)
    assert result.resumed_from_step
    assert result.gaussians <= 2_000
    assert "Budget=2000 of 30000 (memory)" in events[-1].note
    budget = json.loads(run.json.read_text())["budget"]
    assert (budget["wanted"], budget["granted"]) == (30_000, 2_000)
    assert budget["forecast_bytes"] < budget["free_bytes"] == enough_for_2_000


def test_memory_that_is_never_enough_is_an_error(run, spoil):
    def fill_memory(_call, _count, _rendered) -> None:
        raise torch.OutOfMemoryError("out of memory")

    spoil(fill_memory)
    with pytest.raises(OutOfMemoryError, match="smallest budget"):
        run()
