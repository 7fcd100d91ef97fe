"""Two processes that share the Gaussians against one that has all; without a GPU, in Triton's interpreter."""

import numpy as np
import pytest
import torch

from tests.unit.shared.rasterize import rasterize_scenes as scenes

pytest.importorskip("triton", reason="Triton has no wheel for this platform")

from components.shared.progress import ignore_progress
from components.train.corrections.corrections import Corrections
from components.train.corrections.exposure import Exposure
from components.train.launch.workers import work_together
from components.train.model.densification_stats import Evidence
from components.train.model.gaussians import NAMES, Gaussians
from components.train.recovery.interrupt import Interruption
from components.train.scene.views import Photo
from components.train.steps.fused.sharded_step import ShardedStep
from components.train.steps.fused.step import FusedStep

RATES = dict.fromkeys(NAMES, 1e-3)
COUNT, STEPS, SIZE = 31, 2, 2


def photos_at(step, device):
    """The second photo is of another size and place."""
    cameras = [scenes.make_camera().scaled(*size) for size in ((32, 24), (24, 20))]
    cameras[1].viewmat[:3, 3] += [0.1, -0.1, 0.2]
    rng = np.random.default_rng(step)
    return [
        Photo(
            "",
            camera,
            torch.from_numpy(rng.integers(0, 255, (camera.height, camera.width, 3), np.uint8)).to(device),
            index=index,
        )
        for index, camera in enumerate(cameras)
    ]


def start(device):
    gaussians = Gaussians(
        {name: tensor.to(device) for name, tensor in scenes.random_gaussians(COUNT).items()}
    )
    gains = torch.tensor([[0.1, 0.0, -0.1], [-0.1, 0.1, 0.0]], device=device)
    return gaussians, Corrections(exposure=Exposure.starting_at(gains))


def train_a_share(team, on_progress):
    """All rows, in the order of shares."""
    gaussians, corrections = start(team.device)
    gaussians.keep(team.own_rows(len(gaussians)))
    evidence = Evidence.none(len(gaussians), team.device)
    team.count(len(gaussians))
    step = ShardedStep(0.2, 3.0, team, corrections)
    for index in range(STEPS):
        corrections.exposure.set_progress(index, STEPS, 1.0)
        picture = step(gaussians, evidence, photos_at(index, team.device), RATES, 2)
    return on_host(
        {name: team.merge(tensor) for name, tensor in gaussians.tensors.items()},
        {name: team.merge(first) for name, (first, _) in gaussians.moments.items()},
        {
            "scores": team.merge(evidence.scores),
            "exposures": corrections.exposure.values,
            "loss": picture.loss,
        },
    )


def train_all():
    """Both photos are drawn before either moves anything."""
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    gaussians, corrections = start(device)
    evidence = Evidence.none(len(gaussians), device)
    step = FusedStep(0.2, 3.0, device, corrections)
    for index in range(STEPS):
        corrections.exposure.set_progress(index, STEPS, 1.0)
        photos = photos_at(index, device)
        with torch.no_grad():
            seen = [step.look(gaussians, photo, 2) for photo in photos]
            drawn = [step.draw(s.ellipses, s.colors, p, None) for s, p in zip(seen, photos, strict=True)]
            for photo, each in zip(photos, drawn, strict=True):
                step.correct(photo, each.v_exposure)
            for s, each in zip(seen, drawn, strict=True):
                step.move(gaussians, COUNT, evidence, s, each.sums, RATES, 2)
    return on_host(
        gaussians.tensors,
        {name: first for name, (first, _) in gaussians.moments.items()},
        {
            "scores": evidence.scores,
            "exposures": corrections.exposure.values,
            "loss": torch.stack([each.compared.loss for each in drawn]).mean(),
        },
    )


def on_host(*groups):
    """As numpy: tensors of another process end with it."""
    return [{name: tensor.detach().cpu().numpy() for name, tensor in group.items()} for group in groups]


@pytest.mark.skipif(torch.cuda.device_count() == 1, reason="two processes cannot share one GPU by NCCL")
def test_two_processes_move_their_shares_as_one_moves_all():
    tensors, moments, rest = work_together(SIZE, train_a_share, (), ignore_progress, Interruption())
    all_tensors, all_moments, expected = train_all()
    order = np.concatenate([np.arange(rank, COUNT, SIZE) for rank in range(SIZE)])
    for name in NAMES:
        np.testing.assert_allclose(tensors[name], all_tensors[name][order], rtol=1e-4, atol=1e-5)
        scale = np.abs(all_moments[name]).max()
        np.testing.assert_allclose(moments[name], all_moments[name][order], rtol=1e-3, atol=1e-4 * scale)
    assert (moments["means"] != 0).any(axis=1).sum() > COUNT / 2
    np.testing.assert_allclose(rest["scores"], expected["scores"][order], rtol=1e-3, atol=1e-6)
    np.testing.assert_allclose(rest["exposures"], expected["exposures"], rtol=1e-4, atol=1e-6)
    np.testing.assert_allclose(rest["loss"], expected["loss"], rtol=1e-4)
