"""Splitting keeps the picture and the budget."""

import pytest
import torch

from components.shared.rasterize.quaternions import rotation_matrices
from components.train.hyperparameters import Hyperparameters
from components.train.model.densification_stats import DensificationStats
from components.train.model.gaussians import Gaussians
from components.train.strategies.split import SplitStrategy, split_along_longest_axis, split_at_samples

EVERY_ONE = torch.ones(10, dtype=torch.bool)


def make(count: int, **changes: torch.Tensor) -> Gaussians:
    tensors = {
        "means": torch.zeros(count, 3),
        "quats": torch.tensor([1.0, 0.0, 0.0, 0.0]).repeat(count, 1),
        "scales": torch.tensor([0.5, 0.2, 0.1]).log().repeat(count, 1),
        "opacities": torch.full((count,), 2.0),
        "sh0": torch.zeros(count, 3),
        "shN": torch.zeros(count, 0, 3),
    }
    return Gaussians({**tensors, **changes})


def splitting(**choices: bool) -> SplitStrategy:
    return SplitStrategy(Hyperparameters(**choices), seed=1, device=torch.device("cpu"))


def test_children_lie_along_the_longest_axis():
    quarter_turn = torch.tensor([[2**-0.5, 0.0, 0.0, 2**-0.5]])  # about z: x becomes y
    first, second = split_along_longest_axis(
        {name: tensor.detach() for name, tensor in make(1, quats=quarter_turn).tensors.items()}
    )
    assert torch.allclose(first["means"] - second["means"], torch.tensor([[0.0, 0.5, 0.0]]), atol=1e-6)
    assert first["scales"].exp()[0, 0] == pytest.approx(0.25)
    assert torch.sigmoid(first["opacities"])[0] < torch.sigmoid(torch.tensor(2.0))


def test_rotation_matrices_rotate():
    generator = torch.Generator().manual_seed(1)
    matrices = rotation_matrices(torch.randn(20, 4, generator=generator))
    assert torch.allclose(matrices @ matrices.transpose(1, 2), torch.eye(3).expand(20, 3, 3), atol=1e-5)
    assert torch.allclose(torch.linalg.det(matrices), torch.ones(20), atol=1e-5)


def test_refine_removes_the_invisible_and_splits_the_highest_scores_up_to_the_target():
    opacities = torch.full((10,), 2.0)
    opacities[3] = -9.0
    gaussians = make(10, opacities=opacities, means=torch.arange(30.0).reshape(10, 3))
    stats = DensificationStats(grad2d=torch.arange(10.0), error=torch.ones(10))
    splitting().refine(gaussians, stats, EVERY_ONE, 12, step=600)
    assert len(gaussians) == 12
    means = gaussians["means"].detach()
    assert not (means == torch.tensor([9.0, 10.0, 11.0])).all(dim=1).any()
    moved = (means[-3:, 0] - torch.tensor([27.0, 24.0, 21.0])).abs()
    assert torch.allclose(moved, torch.full((3,), 0.25), atol=1e-5)


def test_refine_never_exceeds_the_target():
    gaussians = make(10)
    stats = DensificationStats(grad2d=torch.ones(10), error=torch.ones(10))
    splitting().refine(gaussians, stats, EVERY_ONE, 8, step=600)
    assert len(gaussians) == 10


@pytest.mark.parametrize(("by_error", "split_row"), [(True, 4), (False, 7)])
def test_gradient_and_error_or_the_gradient_alone_decide_the_split(by_error, split_row):
    gaussians = make(10, means=torch.arange(30.0).reshape(10, 3))
    stats = DensificationStats(grad2d=torch.ones(10), error=torch.ones(10))
    stats.grad2d[7], stats.error[4] = 1.5, 2.0
    before = gaussians["means"].detach().clone()
    splitting(split_by_error=by_error).refine(gaussians, stats, EVERY_ONE, 11, step=600)
    assert (gaussians["means"][:10] != before).any(dim=1).nonzero().item() == split_row


def test_samples_are_as_wide_apart_as_the_parent_and_follow_from_seed_and_step():
    parents = {name: tensor.detach() for name, tensor in make(5_000).tensors.items()}
    first, second = split_at_samples(parents, torch.Generator().manual_seed(1))
    places = torch.cat([first["means"], second["means"]])
    assert torch.allclose(places.std(dim=0), torch.tensor([0.5, 0.2, 0.1]), rtol=0.03)
    assert torch.allclose(first["scales"], parents["scales"] - torch.tensor(1.6).log())
    results = []
    for step in (600, 600, 700):
        gaussians = make(10)
        stats = DensificationStats(grad2d=torch.ones(10), error=torch.ones(10))
        splitting(split_long_axis=False).refine(gaussians, stats, EVERY_ONE, 12, step)
        results.append(gaussians["means"].detach())
    assert torch.equal(results[0], results[1])
    assert not torch.equal(results[0], results[2])
