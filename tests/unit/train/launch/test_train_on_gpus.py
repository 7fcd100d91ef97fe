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
    InputError,
    OutOfMemoryError,
    StageLostError,
    TrainingDivergedError,
    TrainingInterruptedError,
)
from components.shared.ply.read_ply import read_ply
from components.shared.progress import ignore_progress
from components.shared.rasterize import make_rasterizer
from components.shared.run_layout import SPLAT_PLY
from components.train.launch import train_on_gpus as launch
from components.train.launch.train_on_gpus import train_on_gpus
from components.train.launch.workers import run_workers
from components.train.loop import trainer
from components.train.losses.photometric import photometric_loss
from components.train.model.gaussians import Gaussians
from components.train.recovery.interrupt import Interruption
from components.train.session import TrainJob
from components.train.settings import TrainSettings
from components.train.steps.step import StepMetrics
from components.train.train import choose_gpus, train

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(torch.cuda.is_available(), reason="here processes meet on the CPU"),
]

SETTINGS = TrainSettings(
    backend="numba", steps=400, max_gaussians=2_000, sh_degree=1, checkpoint_every_seconds=3_600
)
TRAIN_SHARD = launch._train_shard


class PlainStep:
    """Each rank renders its photo from all Gaussians and steps its shard along the mean of the gradients."""

    def __init__(self, group):
        self._group, self._draw = group, make_rasterizer("numba")
        self.photos_per_step = group.size

    def __call__(self, gaussians, photos, rates, sh_degree, background=None, stats=None):
        group, photo = self._group, photos[self._group.rank]
        whole = Gaussians({name: group.all_gather_rows(tensor) for name, tensor in gaussians.tensors.items()})
        rendered = self._draw(
            **whole.tensors, camera=photo.camera, sh_degree=sh_degree, background=torch.zeros(3)
        )
        target = photo.target(group.device)
        loss = photometric_loss(rendered.image, target, 0.2)
        loss.backward()
        begin = sum(group.counts[: group.rank])
        own = slice(begin, begin + len(gaussians))
        for name, tensor in gaussians.tensors.items():
            tensor.grad = self._mean(whole[name].grad)[own].clone()
        if stats is not None:
            stats.error += 1.0
            stats.grad2d += self._mean(rendered.means2d.grad.norm(dim=1))[own]
        gaussians.optimize(rates)
        error = (rendered.image.detach() - target).square().mean()
        return StepMetrics(*group.all_gather(torch.stack([loss.detach(), error])).mean(dim=0))

    def _mean(self, rows):
        return self._group.all_gather(rows.flatten()).mean(dim=0).view_as(rows)


def train_a_shard(group, on_progress, job, reductions):
    trainer.make_step = lambda *arguments: PlainStep(arguments[-1])
    return TRAIN_SHARD(group, on_progress, job, reductions)


def run_out_of_memory_once(group, on_progress, job, reductions):
    if group.rank == 1 and not reductions:
        raise OutOfMemoryError("memory ran out", remedy="none")
    return train_a_shard(group, on_progress, job, reductions)


def diverge_on_the_second(group, on_progress, job, reductions):
    train_shard = train_a_shard

    class Spoiled(PlainStep):
        def __call__(self, gaussians, *arguments):
            metrics = super().__call__(gaussians, *arguments)
            if group.rank == 1:
                gaussians["means"].data[0] = torch.nan
            return metrics

    globals()["PlainStep"] = Spoiled
    return train_shard(group, on_progress, job, reductions)


def end_without_a_message(group, on_progress):
    if group.rank == 1:
        os.kill(os.getpid(), signal.SIGKILL)
    group.barrier()


def wait_long(group, on_progress):
    time.sleep(60)


@pytest.fixture
def job(scene_folder, tmp_path):
    return TrainJob(
        scene=scene_folder,
        output=tmp_path,
        settings=SETTINGS,
        checkpoints=str(tmp_path / "saved"),
        scene_hash="scene",
    )


@pytest.fixture(autouse=True)
def plain_step(monkeypatch):
    monkeypatch.setattr(launch, "_train_shard", train_a_shard)


def test_two_learn_the_scene_and_write_one_file(job):
    events = []
    result = train_on_gpus(2, job, events.append)
    assert result.psnr_db > 17.0
    assert result.steps == 400
    splats = read_ply(job.output / SPLAT_PLY)
    assert len(splats) == result.gaussians
    assert 1_500 < result.gaussians <= 2_000
    counts = [entry.gaussians for entry in result.history]
    assert counts[-1] == max(counts) <= 2_000
    assert np.isfinite(splats.means).all()
    assert [event.fraction for event in events] == sorted(event.fraction for event in events)
    assert events[-1].phase == "measure"


def test_asked_to_end_they_save_and_one_resumes_alone(job):
    def ask_to_end(progress):
        if progress.phase.startswith("Iter ") and progress.details.step > 100:
            os.kill(os.getpid(), signal.SIGTERM)

    with pytest.raises(TrainingInterruptedError, match="its work is saved"):
        train_on_gpus(2, job, ask_to_end)
    result = train(job.scene, job.output, SETTINGS, job.checkpoints, scene_hash=job.scene_hash)
    assert result.resumed_from_step > 100
    assert result.history[0].step < 100
    assert result.psnr_db > 17.0


def test_memory_that_ran_out_on_one_gpu_leaves_all_with_fewer(job, monkeypatch):
    monkeypatch.setattr(launch, "_train_shard", run_out_of_memory_once)
    most = SETTINGS.plan("cuda").max_gaussians
    result = train_on_gpus(2, job, ignore_progress)
    assert result.budget_reductions == [BudgetReduction(step=0, before=most, after=most // 2)]
    assert result.gaussians <= most // 2


def test_what_goes_wrong_in_one_ends_all(job, monkeypatch):
    monkeypatch.setattr(launch, "_train_shard", diverge_on_the_second)
    with pytest.raises(TrainingDivergedError, match=r"not finite|another GPU"):
        train_on_gpus(2, job, ignore_progress)


def test_a_process_that_is_killed_is_no_defect():
    with pytest.raises(StageLostError, match="was killed by the system"):
        run_workers(2, end_without_a_message, (), ignore_progress, Interruption())


def test_asked_to_end_before_they_listen_is_no_fault():
    interruption = Interruption()
    interruption.requested = True
    with pytest.raises(TrainingInterruptedError, match="before its first step"):
        run_workers(2, wait_long, (), ignore_progress, interruption)


def test_more_gpus_than_available_fail_before_anything_starts(job):
    settings = TrainSettings(backend="numba", gpus=2)
    with pytest.raises(GpuError, match="2 GPUs, and this process sees 0"):
        choose_gpus(settings)
    assert choose_gpus(TrainSettings(gpus=0)) == 1


def test_settings_for_one_gpu_only_are_refused():
    with pytest.raises(InputError, match="gpus is 2; it must be 1 with antialiased"):
        TrainSettings(gpus=2, refine_poses=True)
