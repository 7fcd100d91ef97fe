import functools
import time

import numpy as np
import pytest
import torch

from components.compress.order.plas.numba_grid import NumbaGrid
from components.compress.order.plas.sort import IMPROVEMENT_BREAK, plas_order
from components.compress.order.plas.torch_grid import TorchGrid
from components.shared import ranges
from tests.unit.compress.order.plas.published import (
    neighbor_distance,
    published_order,
    variance_of_absolute_differences,
)

CpuTorchGrid = functools.partial(TorchGrid, device="cpu")


def colors(count, channels=3, seed=0):
    return np.random.default_rng(seed).random((count, channels), dtype=np.float32)


def picture(features, order, side):
    return features[order].reshape(side, side, -1)


@pytest.mark.slow
def test_it_is_as_smooth_as_the_published_algorithm():
    side = 32
    ours, published = [], []
    for seed in range(3):
        features = colors(side**2, seed=seed)
        ours.append(picture(features, plas_order(features, side, NumbaGrid, seed=seed), side))
        order = published_order(features, improvement_break=IMPROVEMENT_BREAK, seed=seed)
        published.append(picture(features, order, side))
    for measure in (neighbor_distance, variance_of_absolute_differences):
        assert np.mean([measure(each) for each in ours]) <= np.mean([measure(each) for each in published])
    assert neighbor_distance(ours[-1]) < 0.5 * neighbor_distance(picture(features, np.arange(side**2), side))


def test_a_coarse_sort_is_nearly_as_smooth_as_the_published_algorithm():
    side, features = 24, colors(24**2)
    ours = plas_order(features, side, NumbaGrid, improvement_break=1e-3)
    published = published_order(features, improvement_break=1e-3)
    assert neighbor_distance(picture(features, ours, side)) <= 1.03 * neighbor_distance(
        picture(features, published, side)
    )


@pytest.mark.slow
@pytest.mark.parametrize(("side", "channels"), [(64, 3), (48, 14)])
def test_it_takes_half_of_the_cpu_time_of_the_published_algorithm(side, channels):
    features = colors(side**2, channels)
    plas_order(features[:64], 8, NumbaGrid)  # compiles
    started = time.process_time()
    ours = plas_order(features, side, NumbaGrid)
    seconds = time.process_time() - started
    published = published_order(features, improvement_break=IMPROVEMENT_BREAK)
    assert seconds < 0.5 * (time.process_time() - started - seconds)
    assert neighbor_distance(picture(features, ours, side)) <= neighbor_distance(
        picture(features, published, side)
    )


@pytest.mark.slow
def test_it_beats_the_authors_program_where_that_is_installed():
    plas = pytest.importorskip("plas")
    side, channels = 64, 8
    features = colors(side**2, channels)
    plas_order(features[:64], 8, NumbaGrid)  # compiles
    started = time.process_time()
    ours = picture(features, plas_order(features, side, NumbaGrid), side)
    seconds = time.process_time() - started
    shuffled = torch.from_numpy(features.T.reshape(channels, side, side).copy())
    theirs, _ = plas.sort_with_plas(shuffled, improvement_break=IMPROVEMENT_BREAK, seed=0)
    assert seconds < 0.5 * (time.process_time() - started - seconds)
    assert neighbor_distance(ours) <= neighbor_distance(theirs.permute(1, 2, 0).numpy())


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")
def test_a_gpu_is_as_smooth_as_a_cpu_and_repeatable():
    side = 64
    features = colors(side**2)
    first, again = (plas_order(features, side, TorchGrid) for _ in range(2))
    np.testing.assert_array_equal(first, again)
    on_cpu = neighbor_distance(picture(features, plas_order(features, side, NumbaGrid), side))
    assert neighbor_distance(picture(features, first, side)) < 1.02 * on_cpu


@pytest.mark.parametrize("make_grid", [NumbaGrid, CpuTorchGrid])
@pytest.mark.parametrize("count", [1, 2, 3, 5, 16, 17, 33, 333])
def test_it_is_a_permutation_of_any_number(make_grid, count):
    width = int(np.ceil(np.sqrt(count) / 4) * 4)
    order = plas_order(colors(count), width, make_grid)
    np.testing.assert_array_equal(np.sort(order), np.arange(count))


def test_a_row_that_is_not_full_is_as_smooth_as_the_others():
    width, count = 32, 32 * 30 + 20
    features = colors(count)
    sorted_features = features[plas_order(features, width, NumbaGrid)]
    steps = np.linalg.norm(sorted_features[width:] - sorted_features[:-width], axis=1)
    assert steps[-20:].mean() < 1.5 * steps.mean()
    assert steps.mean() < 0.5 * np.linalg.norm(features[width:] - features[:-width], axis=1).mean()


@pytest.mark.parametrize("make_grid", [NumbaGrid, CpuTorchGrid])
def test_equal_elements_end(make_grid):
    order = plas_order(np.ones((100, 3), np.float32), 12, make_grid)
    np.testing.assert_array_equal(np.sort(order), np.arange(100))


def test_threads_do_not_change_the_order(monkeypatch):
    features = colors(200 * 190)
    orders = []
    for threads in (1, 3):
        monkeypatch.setattr(ranges, "thread_count", lambda threads=threads: threads)
        orders.append(plas_order(features, 200, NumbaGrid, improvement_break=0.03))
    np.testing.assert_array_equal(*orders)


def test_seeds_are_repeatable():
    features = colors(400)
    first, again, other = (plas_order(features, 20, NumbaGrid, seed=seed) for seed in (1, 1, 2))
    np.testing.assert_array_equal(first, again)
    assert np.any(first != other)


def test_rounds_are_reported():
    done = []
    plas_order(colors(400), 20, NumbaGrid, on_round=done.append)
    assert done == sorted(done)
    assert done[-1] == 1.0
