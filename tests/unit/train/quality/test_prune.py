"""Delivered is what training photos show."""

import pytest
import torch

from components.shared.rasterize import make_rasterizer
from components.train.model.gaussians import Gaussians
from components.train.quality.prune import prune, sum_contributions
from components.train.scene.views import TrainingView
from tests.unit.shared.rasterize import rasterize_scenes as scenes

CAMERA = scenes.make_camera()
PHOTO = TrainingView("a.jpg", CAMERA, torch.zeros(CAMERA.height, CAMERA.width, 3, dtype=torch.uint8))
SEEN, BEHIND_CAMERA, FADED = range(3)


def three() -> Gaussians:
    parameters = scenes.random_gaussians(3, seed=9, spread=0.2)
    parameters["means"][BEHIND_CAMERA] -= torch.tensor([0.0, 0.0, 9.0])
    parameters["opacities"][:] = torch.tensor([1.0, 1.0, -9.0])
    return Gaussians(parameters)


def test_contributions_are_shares_in_all_photos_colours():
    gaussians = three()
    draw = make_rasterizer("numba")
    alone = three()
    alone.keep(torch.tensor([SEEN]))
    covered = draw(**alone.tensors, camera=CAMERA, sh_degree=0, background=torch.zeros(3)).alpha.sum()
    shares = sum_contributions(gaussians, draw, [PHOTO, PHOTO])
    assert shares[SEEN] == pytest.approx(2.0 * covered.item(), rel=1e-3)
    assert shares[BEHIND_CAMERA] == shares[FADED] == 0.0


@pytest.mark.parametrize(("min_contribution", "kept"), [(0.02, [SEEN]), (0.0, [SEEN, BEHIND_CAMERA])])
def test_the_unseen_go_and_the_faded_always(min_contribution, kept):
    gaussians = three()
    means = gaussians["means"].detach().clone()
    contributions = sum_contributions(gaussians, make_rasterizer("numba"), [PHOTO])
    assert prune(gaussians, contributions, min_contribution).nonzero().flatten().tolist() == kept
    assert torch.equal(gaussians["means"], means[kept])
