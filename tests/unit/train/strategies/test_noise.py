"""Noise moves what is faint, along its own shape."""

import pytest
import torch

from components.shared.rasterize.quaternions import rotate, rotation_matrices
from components.train.model.gaussians import Gaussians
from components.train.strategies.noise import Noise, perturb_means
from tests.unit.shared.rasterize import rasterize_scenes as scenes

CPU = torch.device("cpu")


def make(opacity: float, count: int = 20_000) -> Gaussians:
    """Needles along x, turned by an eighth about z."""
    half_angle = torch.tensor(torch.pi / 8)
    quat = torch.stack([half_angle.cos(), half_angle * 0, half_angle * 0, half_angle.sin()])
    return Gaussians(
        {
            "means": torch.zeros(count, 3),
            "quats": 2.0 * quat.repeat(count, 1),
            "scales": torch.tensor([0.2, 0.1, 0.05]).log().repeat(count, 1),
            "opacities": torch.logit(torch.full((count,), opacity)),
            "sh0": torch.zeros(count, 3),
            "shN": torch.zeros(count, 0, 3),
        }
    )


def moves(opacity: float, seed: int = 0, step: int = 3, scene_scale: float = 1.0) -> torch.Tensor:
    gaussians = make(opacity)
    Noise(scene_scale, seed, CPU).perturb(gaussians, 1e-5, step)
    return gaussians["means"].detach()


def test_its_covariance_is_the_square_of_the_gaussians():
    """At the edge of death, where the gate is half open: Σ η times 0.5 · 5e5 · the rate."""
    rotation = rotation_matrices(make(0.5, 1)["quats"].detach())[0]
    covariance = rotation @ torch.diag(torch.tensor([0.2, 0.1, 0.05]).square()) @ rotation.T
    expected = (0.5 * 5e5 * 1e-5) ** 2 * covariance @ covariance
    measured = moves(0.005).T.cov()
    torch.testing.assert_close(measured, expected, rtol=0.05, atol=0.02 * float(expected.max()))


@pytest.mark.parametrize(("opacity", "gate"), [(1e-5, 0.622), (0.005, 0.5), (0.01, 0.378), (0.03, 0.0759)])
def test_its_gate_shuts_with_opacity(opacity, gate):
    assert float(moves(opacity).norm() / moves(0.005).norm()) == pytest.approx(gate / 0.5, rel=2e-3)


def test_what_is_opaque_stays():
    assert float(moves(0.3).abs().max()) < 1e-12
    assert float(moves(0.005).abs().median()) > 1e-3


def test_a_larger_scene_of_the_same_form_moves_in_proportion():
    """Scales, extents and rates ten times as large: so are the moves."""
    gaussians = make(0.005)
    gaussians["scales"].data += torch.tensor(10.0).log()
    Noise(10.0, 0, CPU).perturb(gaussians, 1e-4, 3)
    torch.testing.assert_close(gaussians["means"].detach(), 10.0 * moves(0.005), rtol=1e-4, atol=1e-6)


def test_it_follows_from_seed_and_step():
    assert torch.equal(moves(0.005), moves(0.005))
    assert not torch.equal(moves(0.005), moves(0.005, seed=1))
    assert not torch.equal(moves(0.005), moves(0.005, step=4))


def test_to_rotate_is_to_multiply_by_the_matrix():
    generator = torch.Generator().manual_seed(0)
    quats, vectors = torch.randn(20, 4, generator=generator), torch.randn(20, 3, generator=generator)
    expected = (rotation_matrices(quats) @ vectors[:, :, None]).squeeze(2)
    torch.testing.assert_close(rotate(quats, vectors), expected, rtol=1e-5, atol=1e-5)


def test_the_kernel_moves_them_as_torch_does():
    pytest.importorskip("triton", reason="Triton has no wheel for this platform")
    from components.train.steps.fused import noise as kernels

    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    tensors = {name: each.to(device) for name, each in scenes.random_gaussians(300).items()}
    tensors["opacities"] -= 4.0
    noise = torch.randn(300, 3, generator=torch.Generator().manual_seed(0)).to(device)
    before = tensors["means"].clone()
    moved = [{**tensors, "means": before.clone()} for _ in range(2)]
    perturb_means(moved[0], noise, 20.0)
    kernels.perturb_means(moved[1], noise, 20.0)
    assert float((moved[0]["means"] - before).norm(dim=1).median()) > 1e-3
    torch.testing.assert_close(moved[1]["means"], moved[0]["means"], rtol=1e-4, atol=1e-5)
    for name in ("quats", "scales", "opacities"):
        assert moved[1][name] is tensors[name]
