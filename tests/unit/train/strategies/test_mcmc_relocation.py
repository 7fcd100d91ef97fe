"""Relocation and addition of Gaussians keep the rendered image."""

from copy import deepcopy

import pytest
import torch

from components.shared.rasterize import make_rasterizer
from components.train.model.densification_stats import DensificationStats
from components.train.model.gaussians import NAMES, Gaussians
from components.train.strategies import mcmc
from components.train.strategies.mcmc import MCMCStrategy, sample_multinomial
from tests.unit.shared.rasterize import rasterize_scenes as scenes

CPU = torch.device("cpu")


def half_dead(count: int = 200) -> Gaussians:
    """Every other one invisible; all with momentum."""
    tensors = scenes.random_gaussians(count)
    tensors["opacities"][::2] = -8.0
    gaussians = Gaussians(tensors)
    for first, second in gaussians.moments.values():
        first += 1.0
        second += 1.0
    gaussians.step_counts += 7
    return gaussians


def refine(gaussians: Gaussians, target: int, seed: int = 0, step: int = 100) -> Gaussians:
    wanted = torch.ones(len(gaussians), dtype=torch.bool)
    MCMCStrategy(1.0, seed, CPU).refine(gaussians, DensificationStats.zeros(0, CPU), wanted, target, step)
    return gaussians


def render(gaussians: Gaussians) -> torch.Tensor:
    camera, black = scenes.make_camera(), torch.zeros(3)
    with torch.no_grad():
        return make_rasterizer("numba")(
            **gaussians.tensors, camera=camera, sh_degree=3, background=black
        ).image


def change(target: int) -> float:
    before = render(half_dead())
    return float((render(refine(half_dead(), target)) - before).abs().mean() / before.abs().mean())


def test_the_rendered_image_stays_nearly_the_same(monkeypatch):
    changes = [change(200), change(250)]
    monkeypatch.setattr(mcmc, "compute_relocation", lambda opacities, scales, _: {})
    careless = [change(200), change(250)]
    assert max(changes) < 0.06
    assert all(small < 0.15 * large for small, large in zip(changes, careless, strict=True))


def test_the_dead_move_onto_the_living():
    before, after = half_dead(), refine(half_dead(), 200)
    assert len(after) == 200
    alive = {tuple(mean) for mean in before["means"][1::2].tolist()}
    assert all(tuple(mean) in alive for mean in after["means"].tolist())
    assert (after.opacities > 0.0049).all()
    for name in ("means", "quats", "sh0", "shN"):
        assert torch.equal(after[name][1::2], before[name][1::2]), name


def test_relocated_and_copied_gaussians_have_no_momentum_and_others_keep_theirs():
    before, after = half_dead(), refine(half_dead(), 200)
    is_shared = after["opacities"] != before["opacities"]
    assert is_shared[::2].all()
    assert 20 < is_shared[1::2].sum() < 100
    for name in NAMES:
        first, _ = after.moments[name]
        assert (first[is_shared] == 0).all()
        assert (first[~is_shared] == 1).all()
    assert torch.equal(after.step_counts == 0, is_shared)


def test_the_unwanted_move_too():
    gaussians = half_dead()
    wanted = torch.arange(200) % 4 != 1
    places = {tuple(mean) for mean in gaussians["means"][1::4].tolist()}
    MCMCStrategy(1.0, 0, CPU).refine(gaussians, DensificationStats.zeros(0, CPU), wanted, 200, 100)
    assert not places & {tuple(mean) for mean in gaussians["means"].tolist()}


def test_new_ones_fill_the_budget_and_no_more():
    assert len(refine(half_dead(), 260)) == 260
    assert len(refine(half_dead(), 150)) == 200
    assert len(refine(refine(half_dead(), 205), 205, step=200)) == 205


def test_where_nothing_lives_nothing_happens():
    gaussians = half_dead()
    gaussians["opacities"].data.fill_(-9.0)
    before = deepcopy(gaussians.state_dict())
    refine(gaussians, 300)
    assert all(torch.equal(gaussians[name], before["tensors"][name]) for name in NAMES)


def test_draws_go_by_weight():
    weights = torch.tensor([0.0, 1.0, 3.0, 0.0, 4.0, 0.0])
    drawn = sample_multinomial(weights, 80_000, torch.Generator().manual_seed(0)).bincount(minlength=6)
    assert drawn.tolist() == pytest.approx([0, 10_000, 30_000, 0, 40_000, 0], abs=500)
    assert not drawn[[0, 3, 5]].any()


def test_draws_follow_from_seed_and_step():
    first, again = refine(half_dead(), 250), refine(half_dead(), 250)
    assert torch.equal(first["means"], again["means"])
    for other in (refine(half_dead(), 250, seed=1), refine(half_dead(), 250, step=101)):
        assert not torch.equal(first["means"], other["means"])
