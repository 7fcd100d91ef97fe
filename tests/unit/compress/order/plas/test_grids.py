"""The grids of CPU and GPU do the same, and what the plain text of the algorithm says."""

import functools

import numpy as np
import pytest

from components.compress.order.plas.grid import half_kernels, texels_of_holes
from components.compress.order.plas.numba_grid import NumbaGrid
from components.compress.order.plas.tiling import random_tiling
from components.compress.order.plas.torch_grid import TorchGrid
from tests.unit.compress.order.plas.published import PLACES

WIDTH, COUNT, CHANNELS = 24, 24 * 19 + 7, 5
GRIDS = [NumbaGrid, functools.partial(TorchGrid, device="cpu")]


@pytest.fixture
def features():
    return np.random.default_rng(4).random((COUNT, CHANNELS), dtype=np.float32)


def target(features, order, radius, shape):
    """Mean over windows that wrap along x and are mirrored along y, texel by texel."""
    height, width = shape
    holes, above = texels_of_holes(COUNT, shape)
    flat = np.zeros((height * width, CHANNELS))
    flat[:COUNT] = features[order]
    flat[holes] = flat[above]
    padded = flat.reshape(height, width, CHANNELS)
    half_y, half_x = half_kernels(radius, shape)
    padded = np.pad(padded, ((half_y, half_y), (0, 0), (0, 0)), mode="reflect")
    padded = np.pad(padded, ((0, 0), (half_x, half_x), (0, 0)), mode="wrap")
    windows = np.lib.stride_tricks.sliding_window_view(padded, (2 * half_y + 1, 2 * half_x + 1), (0, 1))
    return windows.mean(axis=(3, 4)).reshape(-1, CHANNELS)[:COUNT]


@pytest.mark.parametrize("make_grid", GRIDS)
@pytest.mark.parametrize("radius", [1, 4, 11, 100])
def test_the_target_is_the_mean_of_a_window(make_grid, features, radius):
    order = np.random.default_rng(0).permutation(COUNT)
    grid = make_grid(features, order, WIDTH, 0)
    expected = np.square(features[order] - target(features, order, radius, grid.shape)).sum()
    assert grid.aim(radius) == pytest.approx(expected, rel=1e-4)


@pytest.mark.parametrize("make_grid", GRIDS)
def test_each_group_gets_its_best_permutation(make_grid, features):
    order = np.random.default_rng(0).permutation(COUNT)
    grid = make_grid(features, order, WIDTH, 0)
    before = grid.aim(3)
    tiling = random_tiling(grid.shape, 16, np.random.default_rng(1))
    groups = grid.draw_groups(tiling.texels)
    gain = grid.assign(tiling, groups)
    aims = target(features, order, 3, grid.shape)
    expected = order.copy()
    for row, column in zip(tiling.rows, tiling.columns, strict=True):
        for group in np.asarray(groups):
            y, x = (row + group // tiling.width) % grid.shape[0], (column + group % tiling.width) % WIDTH
            texels = y * WIDTH + x
            if texels.max() < COUNT:
                costs = [np.square(features[order[texels]] - aims[texels[p]]).sum() for p in PLACES]
                expected[texels[PLACES[np.argmin(costs)]]] = order[texels]
    np.testing.assert_array_equal(grid.order(), expected)
    assert np.any(expected != order)
    after = np.square(features[expected] - aims).sum()
    assert gain == pytest.approx(before - after, rel=1e-3)


def test_groups_are_of_different_texels():
    for make_grid in GRIDS:
        grid = make_grid(np.zeros((8, 1), np.float32), np.arange(8), 4, 0)
        groups = np.asarray(grid.draw_groups(30))
        assert groups.shape == (7, 4)
        assert len(np.unique(groups)) == 28


@pytest.mark.parametrize(("shape", "side"), [((20, 24), 16), ((100, 104), 16), ((1, 4), 16), ((60, 60), 59)])
def test_blocks_do_not_overlap_and_leave_little_out(shape, side):
    tiling = random_tiling(shape, side, np.random.default_rng(0))
    visits = np.zeros(shape, int)
    for row, column in zip(tiling.rows, tiling.columns, strict=True):
        y, x = (
            np.arange(row, row + tiling.height) % shape[0],
            np.arange(column, column + tiling.width) % shape[1],
        )
        visits[np.ix_(y, x)] += 1
    assert visits.max() == 1
    assert visits.mean() > 0.9
    assert tiling.height >= min(side, shape[0])
    assert tiling.width >= min(side, shape[1])
