import numpy as np
import pytest

from components.compress.visible.basis_moments import BasisMoments
from components.shared.rasterize.sh_basis import sh_basis


def basis_of(points, center, coefficients):
    away = points - center
    x, y, z = (away / np.linalg.norm(away, axis=1, keepdims=True)).T
    return np.stack(sh_basis(x, y, z), axis=1)[:, :coefficients]


@pytest.mark.parametrize("coefficients", [3, 8, 15])
def test_moments_are_weighted_sums_of_the_basis_and_of_its_products(coefficients):
    rng = np.random.default_rng(0)
    points = rng.normal(size=(3000, 3))
    moments = BasisMoments(points, coefficients, 16)
    firsts, products = np.zeros((3000, coefficients)), np.zeros((3008, coefficients, coefficients))
    for center in rng.normal(size=(3, 3)) * 5:
        rows = np.flatnonzero(rng.random(3000) < 0.5)
        weights = rng.random(len(rows))
        moments.add(center, rows, weights)
        basis = basis_of(points[rows], center, coefficients)
        firsts[rows] += weights[:, None] * basis
        products[rows] += weights[:, None, None] * basis[:, :, None] * basis[:, None]
    np.testing.assert_allclose(moments.firsts, firsts, atol=1e-12)
    cells = products.reshape(188, 16, coefficients, coefficients).sum(axis=1)
    np.testing.assert_allclose(moments.seconds, cells[:, *np.triu_indices(coefficients)], atol=1e-12)


def test_without_spherical_harmonics_there_is_nothing_to_add():
    moments = BasisMoments(np.ones((5, 3)), 0, 16)
    moments.add(np.zeros(3), np.arange(5), np.ones(5))
    assert moments.firsts.shape == (5, 0)
    assert moments.seconds.shape == (1, 0)
