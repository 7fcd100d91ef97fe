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


@pytest.fixture
def sharing(gaussians) -> Gaussians:
    """The five, with two rows of shN between them."""
    gaussians.share_colors(torch.tensor([0, 1, 0, 0, 1]), gaussians["shN"].detach()[3:])
    return gaussians


def test_shared_colors_are_rows_of_the_palette(sharing):
    assert len(sharing) == 5
    assert sharing.stored["shN"].shape == (2, 3, 3)
    assert torch.equal(sharing.tensors["shN"], sharing["shN"][[0, 1, 0, 0, 1]])
    assert not moments(sharing, "shN").any(), "the palette has not been trained yet"


def test_the_palette_moves_along_the_sum_of_gradients(sharing):
    weights = torch.arange(5.0).reshape(5, 1, 1)
    loss = (weights * sharing.tensors["shN"]).sum() + sum(each.sum() for each in sharing.stored.values())
    loss.backward()
    assert torch.equal(sharing["shN"].grad[:, 0, 0], torch.tensor([0.0 + 2 + 3 + 1, 1 + 4 + 1]))
    before = sharing["shN"].detach().clone()
    sharing.optimize(RATES)
    assert (sharing["shN"] < before).all()
    assert sharing["shN"].grad is None


def test_labels_move_with_their_gaussians_and_the_palette_stays(sharing):
    palette = sharing["shN"].detach().clone()
    sharing.keep(torch.tensor([4, 0]))
    assert sharing.labels.tolist() == [1, 0]
    assert torch.equal(sharing.tensors["shN"], palette[[1, 0]])
    assert torch.equal(sharing["shN"], palette)


def test_no_gaussian_is_added_to_a_palette(sharing):
    rows = {name: tensor.detach()[:1] for name, tensor in sharing.tensors.items()}
    with pytest.raises(AssertionError, match="palette"):
        sharing.append(rows)
    with pytest.raises(AssertionError, match="palette"):
        sharing.overwrite(torch.tensor([0]), rows)


def test_a_palette_survives_a_checkpoint(sharing):
    restored = Gaussians.from_state_dict(deepcopy(sharing.state_dict()), torch.device("cpu"))
    for each in (sharing, restored):
        sum((tensor**2).sum() for tensor in each.tensors.values()).backward()
        each.optimize(RATES)
    assert torch.equal(sharing.labels, restored.labels)
    for name in NAMES:
        assert torch.equal(sharing[name], restored[name])


def test_a_copy_with_mapped_rows_has_no_palette(sharing):
    copy = sharing.mapped(lambda rows: rows.clone())
    assert copy.labels is None
    for name, tensor in sharing.tensors.items():
        assert torch.equal(copy[name], tensor)
        assert len(copy.moments[name][0]) == 5
