"""Rows of parameters and of Adam's moments move together."""

from copy import deepcopy

import pytest
import torch

from components.train.model.gaussians import NAMES, Gaussians

RATES = dict.fromkeys(NAMES, 0.01)


@pytest.fixture
def gaussians() -> Gaussians:
    """Five Gaussians after one step, so that each row has a momentum of its own."""
    generator = torch.Generator().manual_seed(0)
    shapes = {
        "means": (5, 3),
        "quats": (5, 4),
        "scales": (5, 3),
        "opacities": (5,),
        "sh0": (5, 3),
        "shN": (5, 3, 3),
    }
    result = Gaussians({name: torch.randn(shape, generator=generator) for name, shape in shapes.items()})
    sum((tensor**3).sum() for tensor in result.tensors.values()).backward()
    result.optimize(RATES)
    return result


def moments(gaussians: Gaussians, name: str) -> torch.Tensor:
    return gaussians.moments[name][0]


def test_keep_moves_values_and_momentum(gaussians):
    order = torch.tensor([4, 0, 2])
    values = {name: gaussians[name].detach()[order] for name in NAMES}
    expected = {name: moments(gaussians, name)[order] for name in NAMES}
    gaussians.keep(order)
    for name in NAMES:
        assert torch.equal(gaussians[name], values[name])
        assert torch.equal(moments(gaussians, name), expected[name])


def test_appended_rows_have_no_momentum(gaussians):
    before = moments(gaussians, "means").clone()
    gaussians.append({name: gaussians[name].detach()[:2] + 1.0 for name in NAMES})
    assert len(gaussians) == 7
    assert torch.equal(moments(gaussians, "means")[:5], before)
    assert not moments(gaussians, "means")[5:].any()


def test_overwritten_rows_lose_their_momentum_and_others_keep_it(gaussians):
    before = moments(gaussians, "means").clone()
    gaussians.overwrite(torch.tensor([1, 3]), {"means": torch.ones(2, 3)})
    assert torch.equal(gaussians["means"][1], torch.ones(3))
    assert not moments(gaussians, "means")[[1, 3]].any()
    assert torch.equal(moments(gaussians, "means")[[0, 2, 4]], before[[0, 2, 4]])


def test_training_continues_after_an_edit(gaussians):
    gaussians.keep(torch.tensor([0, 1]))
    before = gaussians["means"].detach().clone()
    sum(tensor.sum() for tensor in gaussians.tensors.values()).backward()
    gaussians.optimize(RATES)
    assert (gaussians["means"] < before).all()
    assert gaussians.state_dict()["optimizer"]["state"][NAMES.index("means")]["step"] == 2


def test_state_survives_a_round_trip(gaussians):
    restored = Gaussians.from_state_dict(deepcopy(gaussians.state_dict()), torch.device("cpu"))
    for each in (gaussians, restored):
        sum((tensor**2).sum() for tensor in each.tensors.values()).backward()
        each.optimize(RATES)
    for name in NAMES:
        assert torch.equal(gaussians[name], restored[name])
