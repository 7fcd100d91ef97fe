"""Splitting keeps the picture and the budget."""

import pytest
import torch

from components.train.evidence import Evidence
from components.train.gaussians import Gaussians
from components.train.quaternions import rotation_matrices
from components.train.strategies.split import Split, split_along_longest_axis


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
    evidence = Evidence(pulls=torch.arange(10.0), errors=torch.ones(10))
    Split().refine(gaussians, evidence, torch.ones(10, dtype=torch.bool), target=12)
    assert len(gaussians) == 12
    means = gaussians["means"].detach()
    assert not (means == torch.tensor([9.0, 10.0, 11.0])).all(dim=1).any()
    moved = (means[-3:, 0] - torch.tensor([27.0, 24.0, 21.0])).abs()
    assert torch.allclose(moved, torch.full((3,), 0.25), atol=1e-5)


def test_refine_never_exceeds_the_target():
    gaussians = make(10)
    evidence = Evidence(pulls=torch.ones(10), errors=torch.ones(10))
    Split().refine(gaussians, evidence, torch.ones(10, dtype=torch.bool), target=8)
    assert len(gaussians) == 10
