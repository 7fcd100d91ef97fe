"""The search for the smallest file within a loss, and where its errors are measured."""

from __future__ import annotations

import math

import numpy as np
import pytest

from components.compress.fit_drop import next_fidelity, psnr_drop_db
from components.compress.rate.fidelity import HIGHEST_DB, LOWEST_DB
from components.compress.visible.view_errors import ViewErrors, set_aside
from components.compress.visible.views_around import views_around
from components.shared.rasterize import make_rasterizer
from components.shared.rasterize.numba_backend.render import render
from components.shared.scene import Camera
from tests.toy_world import blurred, ring_camera, toy_splats


def searched(loss_db, allowed, tries=6):
    """Losses by fidelity, until one is within 7 % below what is allowed, or at an end that tells all."""
    drops: dict[float, float] = {}
    for _ in range(tries):
        db = next_fidelity(drops, allowed)
        assert db not in drops
        drops[db] = loss_db(db)
        is_kept = drops[db] <= allowed
        if (is_kept and drops[db] >= 0.93 * allowed) or db == (LOWEST_DB if is_kept else HIGHEST_DB):
            break
    return drops


@pytest.mark.parametrize("allowed", [0.05, 0.1, 0.5, 3.0])
@pytest.mark.parametrize(("decay", "floor"), [(0.12, 0.0), (0.09, 0.005), (0.23, 0.0)])
def test_few_tries_find_a_smooth_loss(allowed, decay, floor):
    drops = searched(lambda db: 0.1 * math.exp(-decay * (db - 57.0)) + floor, allowed)
    assert 0.93 * allowed <= list(drops.values())[-1] <= allowed
    assert len(drops) <= 5


def test_a_loss_that_no_fidelity_has_ends_at_the_highest():
    drops = searched(lambda db: 0.2 + 0.001 * (HIGHEST_DB - db), 0.15)
    assert max(drops) == HIGHEST_DB
    assert len(drops) <= 4


def test_a_loss_that_every_fidelity_keeps_goes_to_the_lowest():
    assert min(searched(lambda db: 1e-4, 5.0)) == LOWEST_DB


def test_the_loss_is_the_mean_over_views():
    photo_error = 10.0 ** (-3.0)
    assert psnr_drop_db(np.array([photo_error, 0.0]), 30.0) == pytest.approx(10 * math.log10(2) / 2)


@pytest.mark.parametrize(("count", "measured"), [(0, 0), (5, 5), (6, 1), (48, 8), (220, 32)])
def test_cameras_are_set_aside(count, measured):
    cameras = [ring_camera(index) for index in range(count)]
    deciding, others = set_aside(cameras)
    assert len(others) == measured
    if count >= 6:
        assert len(deciding) == count - measured
        assert not {id(each) for each in deciding} & {id(each) for each in others}


def test_errors_of_views_are_those_of_renders_and_the_same_by_torch():
    trained, views = toy_splats(), [ring_camera(0), ring_camera(4)]
    delivered = blurred(trained, 0.01)
    found = ViewErrors(trained, views, None).of(delivered)
    by_torch = ViewErrors(trained, views, make_rasterizer("numba")).of(delivered)

    def shown(splats, view: Camera):
        return np.clip(render(splats, view), 0.0, 1.0).astype(np.float64)

    expected = [np.mean((shown(delivered, view) - shown(trained, view)) ** 2) for view in views]
    np.testing.assert_allclose(found, expected, rtol=1e-4)
    np.testing.assert_allclose(by_torch, expected, rtol=1e-4)
    assert min(expected) > 1e-5


def test_views_around_a_scene_are_set_aside_evenly():
    heights = [view.center[1] for view in set_aside(views_around(toy_splats()))[1]]
    assert np.all(np.diff(heights) > 0) or np.all(np.diff(heights) < 0)
