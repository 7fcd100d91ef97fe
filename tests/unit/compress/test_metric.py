"""The palette's metric against sums over directions, one by one."""

import numpy as np
import pytest
import torch

from components.compress.fit_palette import fit_palette
from components.compress.metric import SeenMetric
from components.compress.settings import CompressSettings
from components.compress.visible.directions import Directions, compensated_sh0
from components.compress.visible.sensitivity import measure_sensitivity
from components.compress.visible.views_around import views_around
from components.shared.kmeans import cluster
from components.shared.progress import ignore_progress
from components.shared.rasterize.conventions import SH_C0
from tests.unit.compress.visible.test_basis_moments import basis_of
from tests.unit.shared.sog.sog_scenes import random_splats

GAUSSIANS, CELLS = 60, 6


def drawn_directions(coefficients: int, spread: float) -> tuple[Directions, np.ndarray]:
    """Directions of cells of 10, and the basis in 8 directions of each cell, [CELLS, 8, K]."""
    rng = np.random.default_rng(1)
    around = rng.normal(size=(CELLS, 1, 3)) + spread * rng.normal(size=(CELLS, 8, 3))
    basis = np.stack([basis_of(each, np.zeros(3), coefficients) for each in around])
    means, cells = basis.mean(axis=1), np.repeat(np.arange(CELLS), 10)
    rows, columns = np.triu_indices(coefficients)
    covariances = np.stack([np.cov(each.T, bias=True)[rows, columns] for each in basis])
    own = means[cells] + 0.05 * rng.normal(size=(GAUSSIANS, coefficients))
    return Directions(
        *(np.float32(a) for a in (own,)), cells, np.float32(means), np.float32(covariances)
    ), basis


def plain_matrices(directions: Directions, basis: np.ndarray) -> np.ndarray:
    """[N, K, K]: mean products of the basis around each Gaussian's own mean, and what is alike in all."""
    away = basis[directions.cells] - directions.means[:, None]
    matrices = np.einsum("ndk,ndl->nkl", away, away) / basis.shape[1]
    variances = np.einsum("nkk->nk", matrices).mean(axis=1)
    return matrices + np.eye(basis.shape[2]) * (0.2 * variances + 0.01 * SH_C0**2)[:, None, None]


@pytest.mark.parametrize("coefficients", [3, 8, 15])
def test_products_of_features_are_the_errors_that_are_seen(coefficients):
    directions, basis = drawn_directions(coefficients, 0.5)
    rng = np.random.default_rng(2)
    points, centers = rng.normal(size=(GAUSSIANS, coefficients, 3)), rng.normal(size=(7, coefficients, 3))
    metric = SeenMetric(directions, "cpu")
    x, c = (torch.tensor(each.reshape(len(each), -1), dtype=torch.float32) for each in (points, centers))
    found = (metric.of_points(x, torch.arange(GAUSSIANS)) @ metric.of_centers(c).T).numpy()
    M = plain_matrices(directions, basis)
    errors = points[:, None] - centers
    expected = np.einsum("npkc,nkl,nplc->np", errors, M, errors)
    constant = np.einsum("nkc,nkl,nlc->n", points, M, points)
    np.testing.assert_allclose(found, expected - constant[:, None], atol=1e-4)


def test_the_best_center_solves_the_normal_equations():
    directions, basis = drawn_directions(15, 0.5)
    points = np.random.default_rng(3).normal(size=(GAUSSIANS, 15, 3))
    metric = SeenMetric(directions, "cpu")
    features = metric.of_points(
        torch.tensor(points.reshape(-1, 45), dtype=torch.float32), torch.arange(GAUSSIANS)
    )
    center = metric.best_centers(features.sum(dim=0, keepdim=True)).numpy().reshape(15, 3)
    M = plain_matrices(directions, basis)
    expected = np.linalg.solve(M.sum(axis=0), np.einsum("nkl,nlc->kc", M, points))
    np.testing.assert_allclose(center, expected, atol=1e-4)


def test_clusters_in_a_metric_have_a_smaller_error_in_it():
    directions, basis = drawn_directions(15, 0.3)
    points = np.random.default_rng(4).normal(size=(GAUSSIANS, 45)).astype(np.float32)
    weights, M = np.random.default_rng(5).random(GAUSSIANS) + 0.1, plain_matrices(directions, basis)

    def error(clusters):
        errors = (points - clusters.centers[clusters.labels]).reshape(-1, 15, 3)
        return float(np.einsum("n,nkc,nkl,nlc->", weights, errors, M, errors))

    fitted = cluster(points, weights, 12, metric=SeenMetric(directions, "cpu"))
    again = cluster(points, weights, 12, metric=SeenMetric(directions, "cpu"))
    assert error(fitted) < 0.85 * error(cluster(points, weights, 12))
    np.testing.assert_array_equal(fitted.centers, again.centers)
    np.testing.assert_array_equal(fitted.labels, again.labels)


def test_the_palette_is_closer_in_views_that_it_does_not_know():
    splats = random_splats(3000, 15)
    above = [each for each in views_around(splats) if each.center[1] < -4.0]
    known, others = above[::2], above[1::2]
    sensitivity = measure_sensitivity(splats, known, 0, ignore_progress)
    settings = CompressSettings(device="cpu", max_palette_entries=512)

    def error(entries, labels):
        shN = entries[labels]
        sh0 = compensated_sh0(splats.sh0, splats.shN, shN, sensitivity.directions.means) - splats.sh0
        changes = [
            SH_C0 * sh0 + np.einsum("nk,nkc->nc", basis_of(splats.means, each.center, 15), shN - splats.shN)
            for each in others
        ]
        return sum(float((sensitivity.colors[:, None] * each**2).sum()) for each in changes)

    in_metric = fit_palette(splats, settings, ignore_progress, sensitivity=sensitivity)
    by_weights = cluster(
        splats.shN.reshape(3000, -1), sensitivity.colors / sensitivity.colors.mean(), len(in_metric[0])
    )
    plain = by_weights.centers.reshape(-1, 15, 3), by_weights.labels
    assert error(*in_metric) < 0.92 * error(*plain)
