"""The parts of the numba backend, each against a plain computation."""

import os

import numpy as np
import pytest

from components.shared.ranges import equal_ranges, equal_work_ranges
from components.shared.rasterize.conventions import ALPHA_MIN
from components.shared.rasterize.numba_backend.bin import depth_order
from components.shared.rasterize.numba_backend.ellipse import span
from components.shared.rasterize.numba_backend.float32 import EXP_LIMIT, exp_negative
from components.shared.rasterize.numba_backend.forward import forward
from components.shared.rasterize.numba_backend.layout import OPACITY, TILE, A, B, C, X, Y
from components.shared.rasterize.numba_backend.spherical_harmonics import sh_basis
from components.shared.rasterize.numba_backend.stale_cache import drop_stale_cache
from components.shared.splats import Splats
from tests.unit.shared.rasterize.rasterize_scenes import SCENES


def test_exp_negative_is_accurate():
    s = np.linspace(0.0, EXP_LIMIT, 5_001, dtype=np.float32)
    values = np.array([exp_negative(value) for value in s], np.float64)
    np.testing.assert_allclose(values, np.exp(-s.astype(np.float64)), rtol=2e-6)
    assert exp_negative(EXP_LIMIT) < ALPHA_MIN


def test_span_is_the_extent_of_the_ellipse_in_the_band():
    rng = np.random.default_rng(0)
    angle = np.linspace(0, 2 * np.pi, 20_001)
    for _ in range(200):
        factor = rng.normal(size=(2, 2)) + np.diag([0.5, 0.5])
        covariance = factor @ factor.T * 10 + 0.3 * np.eye(2)
        (a, b), (_, c) = np.linalg.inv(covariance)
        reach, low = rng.uniform(0.1, 11.0), rng.uniform(-30, 20)
        high = low + rng.uniform(0, 15)
        outline = np.linalg.cholesky(covariance) @ np.stack([np.cos(angle), np.sin(angle)]) * np.sqrt(reach)
        # The ellipse within the band is widest on its outline, or where that leaves the band.
        inside = outline[:, (outline[1] >= low) & (outline[1] <= high)]
        left, right = span(a, b, c, reach, low, high, 1e6)
        if inside.shape[1] == 0:
            assert left > right or np.abs(outline[1]).max() >= max(low, -high)
            continue
        np.testing.assert_allclose([left, right], [inside[0].min(), inside[0].max()], atol=0.05)


def test_depth_order_is_a_stable_sort_of_the_visible():
    rng = np.random.default_rng(0)
    depths = rng.choice(rng.uniform(0.01, 1e4, 500).astype(np.float32), 3_000)
    radii = rng.integers(0, 3, 3_000).astype(np.int32)
    visible = np.flatnonzero(radii)
    expected = visible[np.argsort(depths[visible], kind="stable")]
    np.testing.assert_array_equal(depth_order(depths, radii), expected)


@pytest.mark.parametrize("name", ["random", "at border", "needles", "near camera", "thinner than a tile"])
def test_tiles_hold_every_gaussian_they_show_nearest_first(name):
    build, camera = SCENES[name]
    splats = Splats(**{key: tensor.numpy() for key, tensor in build().items()})
    drawn = forward(splats, camera, np.zeros(3, np.float32), 3)
    bins, tiles_x = drawn.bins, -(-camera.width // TILE)
    held = [
        set(bins.splat_ids[s:e]) for s, e in zip(bins.tile_starts[:-1], bins.tile_starts[1:], strict=True)
    ]
    shown = [set() for _ in held]
    for i in np.flatnonzero(drawn.radii):
        for y, x in np.argwhere(alphas(drawn.splats2d[i], camera) >= ALPHA_MIN):
            shown[y // TILE * tiles_x + x // TILE].add(i)
    assert any(shown)
    assert all(need <= have for need, have in zip(shown, held, strict=True))
    # Culling is tight: few tiles hold a Gaussian that they do not show.
    assert sum(map(len, held)) <= 1.1 * sum(map(len, shown)) + 5


@pytest.mark.parametrize("name", ["random", "at border"])
def test_slots_number_the_intersections_gaussian_by_gaussian(name):
    build, camera = SCENES[name]
    splats = Splats(**{key: tensor.numpy() for key, tensor in build().items()})
    bins = forward(splats, camera, np.zeros(3, np.float32), 3).bins
    np.testing.assert_array_equal(np.sort(bins.slots), np.arange(bins.slot_starts[-1]))
    owners = np.repeat(np.arange(len(splats)), np.diff(bins.slot_starts))
    np.testing.assert_array_equal(owners[bins.slots], bins.splat_ids)


def alphas(splat, camera):
    """Alpha of one row of splats2d at every pixel centre, [H, W] float64."""
    splat = splat.astype(np.float64)
    dx = np.arange(camera.width) + 0.5 - splat[X]
    dy = (np.arange(camera.height) + 0.5 - splat[Y])[:, None]
    return splat[OPACITY] * np.exp(-0.5 * (splat[A] * dx**2 + splat[C] * dy**2) - splat[B] * dx * dy)


def test_spherical_harmonics_are_orthonormal():
    cosines, weights = np.polynomial.legendre.leggauss(8)
    azimuths = np.arange(16) * 2 * np.pi / 16
    gram = np.zeros((16, 16))
    basis = np.empty(16)
    for cosine, weight in zip(cosines, weights, strict=True):
        sine = np.sqrt(1 - cosine**2)
        for azimuth in azimuths:
            sh_basis(3, (sine * np.cos(azimuth), sine * np.sin(azimuth), cosine), basis)
            gram += weight * 2 * np.pi / 16 * np.outer(basis, basis)
    np.testing.assert_allclose(gram, np.eye(16), atol=1e-6)


def test_spherical_harmonics_have_the_signs_of_3dgs():
    basis = np.empty(16)
    sh_basis(3, (0.0, 0.0, 1.0), basis)
    np.testing.assert_allclose(basis[[2, 6, 12]], [0.48860251, 0.63078313, 0.74635267], atol=1e-6)
    sh_basis(3, (1.0, 0.0, 0.0), basis)
    np.testing.assert_allclose(basis[[3, 8, 15]], [-0.48860251, 0.54627422, -0.59004359], atol=1e-6)
    sh_basis(3, (0.0, 1.0, 0.0), basis)
    np.testing.assert_allclose(basis[[1, 8, 9]], [-0.48860251, -0.54627422, 0.59004359], atol=1e-6)


@pytest.mark.parametrize("count", [0, 1, 1_023, 5_000])
def test_equal_ranges_cover_everything(count):
    bounds = equal_ranges(count)
    assert bounds[0] == 0
    assert bounds[-1] == count
    assert bounds == sorted(bounds)


@pytest.mark.parametrize("work", [[0], [0, 0, 0], [5], [100, 0, 0, 1], [1] * 50])
def test_ranges_of_equal_work_cover_everything(work):
    bounds = equal_work_ranges(np.concatenate([[0], np.cumsum(work)]))
    assert bounds[0] == 0
    assert bounds[-1] == len(work)
    assert bounds == sorted(bounds)


def test_kernels_older_than_any_source_are_compiled_again(tmp_path):
    cache = tmp_path / "__pycache__"
    cache.mkdir()
    for path, age in [
        (tmp_path / "a.py", 5),
        (tmp_path / "b.py", 30),
        (cache / "b.old.nbi", 10),
        (cache / "b.new.nbi", 1),
    ]:
        path.touch()
        os.utime(path, (1_000_000 - age, 1_000_000 - age))
    drop_stale_cache(tmp_path)
    assert [path.name for path in cache.iterdir()] == ["b.new.nbi"]
