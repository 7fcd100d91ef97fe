"""Training by two processes, from their start to one merged file, on the CPU with a plain step."""

import os
import signal
import time

import numpy as np
import pytest
import torch

from components.shared.contracts.training import BudgetReduction
from components.shared.errors import (
    GpuError,
    InternalError,
    OutOfMemoryError,
    TrainingDivergedError,
    TrainingInterruptedError,
)
from components.shared.progress import ignore_progress
from components.shared.rasterize import make_rasterizer
from components.shared.splats import read_ply
from components.train.launch import train_on_gpus as together
from components.train.launch.choose_gpus import gpus_to_use
from components.train.launch.train_on_gpus import train_together
from components.train.launch.workers import work_together
from components.train.loop import trainer as fit
from components.train.losses.photometric import photometric_loss
from components.train.model.gaussians import Gaussians
from components.train.recovery.interrupt import Interruption
from components.train.session import Files
from components.train.settings import TrainSettings
from components.train.steps.step import StepMetrics
from components.train.train import train

pytestmark = pytest.mark.skipif(torch.cuda.is_available(), reason="here processes meet on the CPU")

SETTINGS = TrainSettings(
    backend="numba", steps=400, max_gaussians=2_000, sh_degree=1, checkpoint_every_seconds=3_600
)
TRAIN_SHARE = together._train_share


class PlainStep:
    """Everybody draws a photo of all Gaussians; each moves its share along the mean of the gradients."""

    def __init__(self, team):
        self._team, self._draw = team, make_rasterizer("numba")
        self.photos_per_step = team.size

    def __call__(self, gaussians, photos, rates, sh_degree, background=None, stats=None):
        team, photo = self._team, photos[self._team.rank]
        whole = Gaussians({name: team.merge(tensor) for name, tensor in gaussians.tensors.items()})
        rendered = self._draw(
            **whole.tensors, camera=photo.camera, sh_degree=sh_degree, background=torch.zeros(3)
        )
        target = photo.target(team.device)
        loss = photometric_loss(rendered.image, target, 0.2)
        loss.backward()
        begin = sum(team.counts[: team.rank])
        own = slice(begin, begin + len(gaussians))
        for name, tensor in gaussians.tensors.items():
            tensor.grad = self._mean(whole[name].grad)[own].clone()
        if stats is not None:
            stats.errors += 1.0
            stats.pulls += self._mean(rendered.means2d.grad.norm(dim=1))[own]
        gaussians.optimize(rates)
        error = (rendered.image.detach() - target).square().mean()
        return StepMetrics(*team.gather(torch.stack([loss.detach(), error])).mean(dim=0))

    def _mean(self, rows):
        return self._team.gather(rows.flatten()).mean(dim=0).view_as(rows)


def train_a_share(team, on_progress, files, settings, reductions):
    fit.make_step = lambda *arguments: PlainStep(arguments[-1])
    return TRAIN_SHARE(team, on_progress, files, settings, reductions)


def run_out_of_memory_once(team, on_progress, files, settings, reductions):
    if team.rank == 1 and not reductions:
        raise OutOfMemoryError("memory ran out", remedy="none")
    return train_a_share(team, on_progress, files, settings, reductions)


def diverge_on_the_second(team, on_progress, files, settings, reductions):
    share = train_a_share

    class Spoiled(PlainStep):
        def __call__(self, gaussians, *arguments):
            metrics = super().__call__(gaussians, *arguments)
            if team.rank == 1:
                gaussians["means"].data[0] = torch.nan
            return metrics

    globals()["PlainStep"] = Spoiled
    return share(team, on_progress, files, settings, reductions)


def end_without_a_word(team, on_progress):
    if team.rank == 1:
        os.kill(os.getpid(), signal.SIGKILL)
    team.wait_for_all()


def wait_long(team, on_progress):
    time.sleep(60)


@pytest.fixture
def files(scene_archive, tmp_path):
    return Files(scene_archive, tmp_path / "splat.ply", tmp_path / "training.json", str(tmp_path / "saved"))


@pytest.fixture(autouse=True)
def plain_step(monkeypatch):
    monkeypatch.setattr(together, "_train_share", train_a_share)


def test_two_learn_the_scene_and_write_one_file(files):
    events = []
    result = train_together(2, files, SETTINGS, events.append)
    assert result.psnr_db > 17.0
    assert result.steps == 400
    splats = read_ply(files.splat)
    assert len(splats) == result.gaussians
    assert 1_500 < result.gaussians <= 2_000
    counts = [entry.gaussians for entry in result.history]
    assert counts[-1] == max(counts) <= 2_000
    assert np.isfinite(splats.means).all()
    assert [event.fraction for event in events] == sorted(event.fraction for event in events)
    assert events[-1].phase == "measure"


def test_asked_to_end_they_save_and_one_goes_on_alone(files):
    def ask_to_end(progress):
        if progress.phase.startswith("Iter ") and progress.details.step > 100:
            os.kill(os.getpid(), signal.SIGTERM)

    with pytest.raises(TrainingInterruptedError, match="its work is saved"):
        train_together(2, files, SETTINGS, ask_to_end)
    result = train(files.scene, files.splat, files.training_json, SETTINGS, files.checkpoints)
    assert result.resumed_from_step > 100
    assert result.history[0].step < 100
    assert result.psnr_db > 17.0


def test_memory_that_ran_out_on_one_gpu_leaves_all_with_fewer(files, monkeypatch):
    monkeypatch.setattr(together, "_train_share", run_out_of_memory_once)
    most = SETTINGS.plan("cuda").max_gaussians
    result = train_together(2, files, SETTINGS, ignore_progress)
    assert result.budget_reductions == [BudgetReduction(step=0, before=most, after=most // 2)]
    assert result.gaussians <= most // 2


def test_what_goes_wrong_in_one_ends_all(files, monkeypatch):
    monkeypatch.setattr(together, "_train_share", diverge_on_the_second)
    with pytest.raises(TrainingDivergedError, match=r"not finite|another GPU"):
        train_together(2, files, SETTINGS, ignore_progress)


def test_a_process_that_ends_without_a_word_is_told_with_its_status():
    with pytest.raises(InternalError, match="status -9"):
        work_together(2, end_without_a_word, (), ignore_progress, Interruption())


def test_asked_to_end_before_they_listen_is_no_fault():
    interruption = Interruption()
    interruption.requested = True
    with pytest.raises(TrainingInterruptedError, match="before its first step"):
        work_together(2, wait_long, (), ignore_progress, interruption)


def test_more_gpus_than_there_are_is_told_before_anything_begins(files):
    settings = TrainSettings(backend="numba", gpus=2)
    with pytest.raises(GpuError, match="2 GPUs, and this process sees 0"):
        gpus_to_use(settings)
    assert gpus_to_use(TrainSettings(gpus=0)) == 1


def test_what_only_one_gpu_does_is_told():
    with pytest.raises(ValueError, match="gpus is 2; it must be 1 with antialiased"):
        TrainSettings(gpus=2, refine_poses=True)
