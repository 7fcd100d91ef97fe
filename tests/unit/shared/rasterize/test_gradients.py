"""The numba backend against the plain reference in float64, and that against finite differences."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from components.shared import ranges
from components.shared.rasterize import make_rasterizer
from components.shared.rasterize.numba_backend.backward import backward
from components.shared.rasterize.numba_backend.forward import forward
from tests.unit.shared.rasterize.rasterize_scenes import (
    SCENES,
    make_camera,
    random_gaussians,
    random_loss,
    run_trial,
)
from tests.unit.shared.sog.sog_scenes import random_splats


@pytest.fixture(scope="module", params=[False, True], ids=["classic", "antialiased"])
def antialiased(request):
    return request.param


@pytest.fixture(scope="module", params=SCENES)
def trials(request, antialiased):
    build, camera = SCENES[request.param]
    numba = run_trial(make_rasterizer("numba", antialiased), build(), camera)
    reference = run_trial(make_rasterizer("reference", antialiased), build(), camera, dtype=torch.float64)
    return numba, reference


def test_images_are_equal(trials):
    numba, reference = trials
    torch.testing.assert_close(numba.rendered.image.double(), reference.rendered.image, atol=5e-5, rtol=0)
    torch.testing.assert_close(numba.rendered.alpha.double(), reference.rendered.alpha, atol=5e-5, rtol=0)


def test_centres_and_radii_are_equal(trials):
    numba, reference = trials
    visible = numba.radii_px > 0
    assert visible.any()
    torch.testing.assert_close(numba.radii_px, reference.radii_px, atol=0, rtol=0)
    torch.testing.assert_close(
        numba.rendered.means2d[visible].double(), reference.rendered.means2d[visible], atol=1e-4, rtol=1e-6
    )


@pytest.mark.parametrize(
    "name",
    ["means", "quats", "scales", "opacities", "sh0", "shN", "background", "means2d"],
)
def test_gradients_are_equal(trials, name):
    numba, reference = trials
    expected = reference.gradients[name]
    scale = float(expected.abs().max())
    assert scale > 0
    torch.testing.assert_close(numba.gradients[name].double(), expected, atol=1e-4 * scale, rtol=1e-4)


@pytest.mark.slow
def test_reference_agrees_with_finite_differences(antialiased):
    gaussians = random_gaussians(3, seed=12, spread=0.4)
    camera = make_camera(14, 11)
    names = list(gaussians)
    inputs = [gaussians[name].double().requires_grad_() for name in names]
    background = torch.tensor([0.2, 0.5, 0.9], dtype=torch.float64, requires_grad=True)
    reference = make_rasterizer("reference", antialiased)

    def loss(*tensors):
        parameters = dict(zip(names, tensors[:-1], strict=True))
        return random_loss(reference(**parameters, camera=camera, sh_degree=3, background=tensors[-1]))

    assert torch.autograd.gradcheck(loss, (*inputs, background), eps=1e-6, atol=1e-5, rtol=1e-4)


@pytest.mark.parametrize("sh_degree", [0, 1, 2, 3])
def test_spherical_harmonics_above_the_degree_are_ignored(sh_degree):
    gaussians = random_gaussians(20)
    numba = run_trial(make_rasterizer("numba"), gaussians, make_camera(), sh_degree=sh_degree)
    reference = run_trial(
        make_rasterizer("reference"), gaussians, make_camera(), dtype=torch.float64, sh_degree=sh_degree
    )
    used = (sh_degree + 1) ** 2 - 1
    assert torch.count_nonzero(numba.gradients["shN"][:, used:]) == 0
    for name in ("shN", "means"):
        expected = reference.gradients[name]
        torch.testing.assert_close(numba.gradients[name].double(), expected, atol=1e-3, rtol=1e-4)


def test_equal_steps_give_equal_bits_on_any_number_of_threads(monkeypatch):
    gaussians = random_gaussians(3_000, seed=13)
    trials = []
    for threads in (1, 2, 2):
        monkeypatch.setattr(ranges, "thread_count", lambda threads=threads: threads)
        trials.append(run_trial(make_rasterizer("numba"), gaussians, make_camera(120, 80)))
    for other in trials[1:]:
        assert torch.equal(trials[0].rendered.image, other.rendered.image)
        for name, gradient in trials[0].gradients.items():
            assert torch.equal(gradient, other.gradients[name]), name


def test_only_what_needs_a_gradient_gets_one():
    gaussians = random_gaussians(10)
    gaussians["sh0"].requires_grad_()
    rendered = make_rasterizer("numba")(
        **gaussians, camera=make_camera(), sh_degree=0, background=torch.zeros(3)
    )
    rendered.image.sum().backward()
    assert gaussians["sh0"].grad.abs().max() > 0
    assert gaussians["means"].grad is None


def test_gradients_of_views_accumulate():
    gaussians = {name: tensor.requires_grad_() for name, tensor in random_gaussians(10).items()}
    draw = make_rasterizer("numba")
    first, second = (
        draw(**gaussians, camera=make_camera(size, 30), sh_degree=3, background=torch.zeros(3))
        for size in (40, 60)
    )
    (random_loss(first) + random_loss(second)).backward()
    total = gaussians["means"].grad.clone()
    gaussians["means"].grad = None
    for size in (40, 60):
        view = draw(**gaussians, camera=make_camera(size, 30), sh_degree=3, background=torch.zeros(3))
        random_loss(view).backward()
    torch.testing.assert_close(gaussians["means"].grad, total)


def test_what_else_is_asked_for_is_the_same_without_gradients_to_f_rest(antialiased):
    splats = replace(random_splats(200, 15), antialiased=antialiased)
    rendered = forward(splats, make_camera(), np.zeros(3, np.float32), 3)
    v_image = np.random.default_rng(0).normal(size=rendered.image.shape).astype(np.float32)
    v_alpha = np.zeros(v_image.shape[:2], np.float32)
    full = backward(splats, rendered, v_image, v_alpha)
    found = backward(splats, rendered, v_image, v_alpha, needs_shN=False)
    assert found.shN.shape == (200, 0, 3)
    assert full.shN.any()
    for name in ("means", "quats", "scales", "opacities", "sh0", "background", "means2d"):
        np.testing.assert_array_equal(getattr(found, name), getattr(full, name))
