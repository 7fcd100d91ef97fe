"""Two processes with a shard of the Gaussians each against one with all; without GPUs, in the interpreter."""

import numpy as np
import pytest
import torch

from tests.unit.shared.rasterize import rasterize_scenes as scenes

pytest.importorskip("triton", reason="Triton has no wheel for this platform")

from components.shared.progress import ignore_progress
from components.train.corrections.corrections import Corrections
from components.train.corrections.exposure import Exposure
from components.train.launch.workers import run_workers
from components.train.model.densification_stats import DensificationStats
from components.train.model.gaussians import NAMES, Gaussians
from components.train.recovery.interrupt import Interruption
from components.train.scene.views import TrainingView
from components.train.steps.fused.fused_step import FusedStep
from components.train.steps.fused.sharded_step import ShardedStep
from components.train.steps.step import StepConfig

pytestmark = pytest.mark.slow

RATES = dict.fromkeys(NAMES, 1e-3)
COUNT, STEPS, SIZE, ENTRIES = 31, 2, 2, 5


def photos_at(step, device):
    """The second photo is of another size and place."""
    cameras = [scenes.make_camera().scaled(*size) for size in ((32, 24), (24, 20))]
    cameras[1].viewmat[:3, 3] += [0.1, -0.1, 0.2]
    rng = np.random.default_rng(step)
    return [
        TrainingView(
            "",
            camera,
            torch.from_numpy(rng.integers(0, 255, (camera.height, camera.width, 3), np.uint8)).to(device),
            index=index,
        )
        for index, camera in enumerate(cameras)
    ]


def start(device, shares_colors):
    """The palette's first entries belong to Gaussians of the first rank, the others to the second."""
    gaussians = Gaussians(
        {name: tensor.to(device) for name, tensor in scenes.random_gaussians(COUNT).items()}
    )
    if shares_colors:
        rows = torch.arange(COUNT, device=device)
        gaussians.share_colors(
            rows % SIZE * ENTRIES + rows // SIZE % ENTRIES, gaussians["shN"][: SIZE * ENTRIES]
        )
    gains = torch.tensor([[0.1, 0.0, -0.1], [-0.1, 0.1, 0.0]], device=device)
    return gaussians, Corrections(exposure=Exposure.starting_at(gains))


def config(corrections):
    return StepConfig(ssim_lambda=0.2, scene_scale=3.0, corrections=corrections)


def first_moments(gaussians):
    """By row; those of a palette are none of a shard."""
    return {
        name: first
        for name, (first, _) in gaussians.moments.items()
        if name != "shN" or gaussians.labels is None
    }


def train_a_shard(group, on_progress, shares_colors):
    """All rows, in the order of shards."""
    gaussians, corrections = start(group.device, shares_colors)
    gaussians.keep(group.shard_rows(len(gaussians)))
    stats = DensificationStats.zeros(len(gaussians), group.device)
    group.gather_counts(len(gaussians))
    step = ShardedStep(config(corrections), group)
    for index in range(STEPS):
        corrections.exposure.set_progress(index, STEPS, 1.0)
        metrics = step(gaussians, photos_at(index, group.device), RATES, 2, stats=stats)
    return on_host(
        {name: group.all_gather_rows(tensor) for name, tensor in gaussians.tensors.items()},
        {name: group.all_gather_rows(first) for name, first in first_moments(gaussians).items()},
        {
            "scores": group.all_gather_rows(stats.scores),
            "exposures": corrections.exposure.values,
            "loss": metrics.loss,
        },
    )


def train_all(shares_colors):
    """Both photos are rendered before either updates the Gaussians."""
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    gaussians, corrections = start(device, shares_colors)
    stats = DensificationStats.zeros(len(gaussians), device)
    step = FusedStep(config(corrections), device)
    for index in range(STEPS):
        corrections.exposure.set_progress(index, STEPS, 1.0)
        photos = photos_at(index, device)
        with torch.no_grad():
            projections = [step.project(gaussians, photo, 2) for photo in photos]
            gradients = [
                step.differentiate(each.ellipses, each.colors, photo, None)
                for each, photo in zip(projections, photos, strict=True)
            ]
            for photo, each in zip(photos, gradients, strict=True):
                step.step_exposure(photo, each.v_exposure)
            for projection, each in zip(projections, gradients, strict=True):
                step.update(gaussians, COUNT, projection, each.sums, RATES, 2, stats)
    return on_host(
        gaussians.tensors,
        first_moments(gaussians),
        {
            "scores": stats.scores,
            "exposures": corrections.exposure.values,
            "loss": torch.stack([each.photometric.loss for each in gradients]).mean(),
        },
    )


def on_host(*groups):
    """As numpy: tensors of another process end with it."""
    return [{name: tensor.detach().cpu().numpy() for name, tensor in group.items()} for group in groups]


@pytest.mark.skipif(torch.cuda.device_count() == 1, reason="two processes cannot share one GPU by NCCL")
@pytest.mark.parametrize("shares_colors", [False, True])
def test_two_processes_update_their_shards_as_one_updates_all(shares_colors):
    arguments = (shares_colors,)
    tensors, moments, rest = run_workers(SIZE, train_a_shard, arguments, ignore_progress, Interruption())
    all_tensors, all_moments, expected = train_all(shares_colors)
    order = np.concatenate([np.arange(rank, COUNT, SIZE) for rank in range(SIZE)])
    for name in NAMES:
        np.testing.assert_allclose(tensors[name], all_tensors[name][order], rtol=1e-4, atol=1e-5)
    for name in all_moments:
        scale = np.abs(all_moments[name]).max()
        np.testing.assert_allclose(moments[name], all_moments[name][order], rtol=1e-3, atol=1e-4 * scale)
    assert (moments["means"] != 0).any(axis=1).sum() > COUNT / 2
    np.testing.assert_allclose(rest["scores"], expected["scores"][order], rtol=1e-3, atol=1e-6)
    np.testing.assert_allclose(rest["exposures"], expected["exposures"], rtol=1e-4, atol=1e-6)
    np.testing.assert_allclose(rest["loss"], expected["loss"], rtol=1e-4)
