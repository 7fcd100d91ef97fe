"""What the sensitivities say must be what renders show."""

import subprocess
import sys
from dataclasses import fields, replace

import numpy as np
import pytest
import torch

from components.compress.prepare import in_canonical_form
from components.compress.visible.directions import compensated_sh0
from components.compress.visible.sensitivity import measure_sensitivity, spread
from components.compress.visible.views_around import views_around
from components.shared.progress import ignore_progress
from components.shared.rasterize import make_rasterizer
from components.shared.rasterize.numba_backend.render import render
from tests.unit.compress.visible.test_basis_moments import basis_of
from tests.unit.shared.sog.sog_scenes import random_splats


def scene():
    splats = random_splats(400, 3)
    return in_canonical_form(replace(splats, scales=splats.scales + 2.0))


@pytest.fixture(scope="module")
def measured():
    splats = scene()
    cameras = views_around(splats)
    return splats, cameras, measure_sensitivity(splats, cameras, 0, ignore_progress)


def squared_error(splats, changed, cameras):
    images = ((render(splats, each), render(changed, each)) for each in cameras)
    return sum(float(np.square(a - b, dtype=np.float64).sum()) for a, b in images)


@pytest.mark.parametrize(("name", "deviation"), [("sh0", 0.02), ("scales", 0.01), ("means", 0.002)])
def test_the_error_of_random_changes_is_foretold(measured, name, deviation):
    splats, cameras, sensitivity = measured
    values = getattr(splats, name)
    noise = np.random.default_rng(1).normal(0.0, deviation, values.shape).astype(np.float32)
    found = squared_error(splats, replace(splats, **{name: values + noise}), cameras)
    weights = sensitivity.colors[:, None] if name == "sh0" else getattr(sensitivity, name)
    assert found == pytest.approx(float((weights * noise**2).sum()), rel=0.5)


def test_removal_is_the_error_without_the_gaussian(measured):
    splats, cameras, sensitivity = measured
    index = int(np.argsort(sensitivity.removal)[-20])
    without = splats.select(np.arange(len(splats)) != index)
    assert squared_error(splats, without, cameras) == pytest.approx(sensitivity.removal[index], rel=0.5)


def test_equal_seeds_give_equal_bits(measured):
    splats, cameras, sensitivity = measured
    again = measure_sensitivity(splats, cameras, 0, ignore_progress)
    np.testing.assert_array_equal(again.means, sensitivity.means)
    np.testing.assert_array_equal(again.directions.means, sensitivity.directions.means)


@pytest.mark.parametrize(
    "backend",
    [
        "numba",
        pytest.param(
            "gsplat",
            marks=[
                pytest.mark.gpu,
                pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device"),
            ],
        ),
    ],
)
@pytest.mark.parametrize("antialiased", [False, True])
def test_a_rasterizer_of_torch_gives_the_same(backend, antialiased):
    splats = replace(scene(), antialiased=antialiased)
    cameras = views_around(splats)[::6]
    plain = measure_sensitivity(splats, cameras, 0, ignore_progress)
    rasterizer = make_rasterizer(backend, antialiased)
    found = measure_sensitivity(splats, cameras, 0, ignore_progress, rasterizer=rasterizer)
    assert found.samples == plain.samples
    for name in (each.name for each in fields(plain) if each.name not in ("samples", "directions")):
        expected = getattr(plain, name)
        np.testing.assert_allclose(getattr(found, name), expected, rtol=5e-3, atol=1e-3 * expected.mean())
    for name in ("means", "cell_means", "cell_covariances"):
        expected = getattr(plain.directions, name)
        np.testing.assert_allclose(getattr(found.directions, name), expected, rtol=1e-3, atol=1e-3)


@pytest.mark.slow
def test_a_rasterizer_of_torch_does_without_sympy():
    code = """
import sys
from components.compress.visible.sensitivity import measure_sensitivity
from components.shared.progress import ignore_progress
from components.shared.rasterize import make_rasterizer
from tests.unit.compress.visible.test_sensitivity import scene, views_around

splats = scene()
cameras = views_around(splats)[:2]
measure_sensitivity(splats, cameras, 0, ignore_progress, rasterizer=make_rasterizer("numba"))
assert "torch" in sys.modules
assert "sympy" not in sys.modules, "it takes seconds to import"
"""
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=300)
    assert result.returncode == 0, result.stderr


def test_means_of_directions_are_the_same_without_covariances(measured):
    splats, cameras, sensitivity = measured
    found = measure_sensitivity(splats, cameras, 0, ignore_progress, directions="means")
    assert not found.directions.has_covariances
    np.testing.assert_array_equal(found.directions.means, sensitivity.directions.means)
    np.testing.assert_array_equal(found.colors, sensitivity.colors)


@pytest.mark.parametrize("rasterizer", [None, make_rasterizer("numba")])
def test_the_rest_is_the_same_without_directions(measured, rasterizer):
    splats, cameras, sensitivity = measured
    found = measure_sensitivity(splats, cameras, 0, ignore_progress, directions="none", rasterizer=rasterizer)
    assert found.directions is None
    np.testing.assert_allclose(found.colors, sensitivity.colors, rtol=1e-3)
    assert found.select(np.arange(3)).directions is None


def test_compensation_keeps_the_color_of_the_only_direction():
    means, center = np.array([[0.0, 0.0, 2.0]], np.float32), np.zeros(3)
    directions = basis_of(means, center, 3)
    splats = replace(random_splats(1, 3), means=means)
    flat = np.zeros_like(splats.shN)
    sh0 = compensated_sh0(splats.sh0, splats.shN, flat, directions)
    camera = spread(views_around(random_splats(10, 0)), 1)[0]
    camera = replace(camera, viewmat=np.eye(4))
    np.testing.assert_allclose(
        render(replace(splats, sh0=sh0, shN=flat), camera), render(splats, camera), atol=1e-5
    )
