from dataclasses import replace

import numpy as np
import pytest

from components.compress.visible.basis_moments import CELL, BasisMoments
from components.compress.visible.seen_directions import seen_directions
from components.compress.visible.views_around import views_around
from tests.unit.compress.visible.test_basis_moments import basis_of
from tests.unit.shared.sog.sog_scenes import random_splats

POINTS = np.random.default_rng(0).normal(size=(40, 3)) * 0.01
ALL = np.arange(40)
CENTERS = np.array([[0.0, 0.0, -5.0], [3.0, 0.0, -4.0]])


def seen_from(centers, rows=ALL) -> tuple[BasisMoments, np.ndarray]:
    moments, weights = BasisMoments(POINTS, 15, CELL), np.zeros(len(POINTS))
    for center in centers:
        moments.add(center, rows, np.ones(len(rows)))
        weights[rows] += 1.0
    return moments, weights


def test_rendered_views_alone_give_their_mean_and_covariance():
    directions = seen_directions(*seen_from(CENTERS), POINTS, [])
    basis = np.stack([basis_of(POINTS, center, 15) for center in CENTERS])
    np.testing.assert_allclose(directions.means, basis.mean(axis=0), atol=1e-6)
    cell = basis[:, 32:].reshape(-1, 15)  # the last one has 8 points
    covariance = np.cov(cell.T, bias=True)[np.triu_indices(15)]
    np.testing.assert_allclose(directions.cell_covariances[2], covariance, atol=1e-6)
    np.testing.assert_array_equal(directions.cells, np.arange(40) // 16)


def test_cameras_that_have_a_gaussian_in_the_picture_count_for_three_tenths():
    camera = replace(views_around(random_splats(10, 0))[0], viewmat=np.eye(4))
    camera.viewmat[2, 3] = 8.0  # 8 before the points
    behind = replace(camera, viewmat=camera.viewmat @ np.diag([-1.0, 1.0, -1.0, 1.0]))
    behind.viewmat[2, 3] = -8.0
    directions = seen_directions(*seen_from(CENTERS), POINTS, [camera, behind])
    seen = np.mean([basis_of(POINTS, center, 15) for center in CENTERS], axis=0)
    expected = 0.7 * seen + 0.3 * basis_of(POINTS, camera.center, 15)
    np.testing.assert_allclose(directions.means, expected, atol=2e-3)
    unseen = seen_directions(*seen_from(CENTERS, np.arange(32)), POINTS, [camera])
    np.testing.assert_allclose(unseen.means[32:], basis_of(POINTS, camera.center, 15)[32:], atol=1e-2)


@pytest.mark.parametrize("index", [np.array([3, 39, 3]), np.arange(40) % 2 == 0])
def test_selected_gaussians_keep_their_cells(index):
    directions = seen_directions(*seen_from(CENTERS), POINTS, [])
    selected = directions.select(index)
    np.testing.assert_array_equal(selected.cells, directions.cells[index])
    np.testing.assert_array_equal(selected.means, directions.means[index])
    assert selected.cell_means is directions.cell_means
