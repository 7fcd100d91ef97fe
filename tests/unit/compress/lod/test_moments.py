"""Closed forms of masses and merges against sums over pixels."""

from __future__ import annotations

import numpy as np

from components.compress.lod.moments import (
    AXES,
    Moments,
    covariances_of,
    half_extents,
    merge_errors,
    merge_pairs,
    overlaps,
)
from tests.toy_world import toy_splats

STEP = 0.02
GRID = np.stack(np.meshgrid(*[np.arange(-4, 4, STEP)] * 2, indexing="ij"), axis=-1)


def draw(count: int, seed: int) -> Moments:
    rng = np.random.default_rng(seed)
    roots = 0.3 * rng.normal(size=(count, 3, 3))
    return Moments(
        rng.normal(0.0, 0.3, (count, 3)),
        roots @ roots.transpose(0, 2, 1) + 0.02 * np.eye(3),
        rng.uniform(0.1, 0.95, count),
        rng.normal(size=(count, 3)),
    )


def shadow(moments: Moments, index: int, rows: tuple[int, int]) -> np.ndarray:
    """One Gaussian seen along an axis, on `GRID`."""
    offsets = GRID - moments.means[index, list(rows)]
    inverse = np.linalg.inv(moments.covariances[index][np.ix_(rows, rows)])
    return moments.opacities[index] * np.exp(-0.5 * np.einsum("...i,ij,...j", offsets, inverse, offsets))


def test_overlaps_are_integrals_of_products():
    first, second = draw(3, 0), draw(3, 1)
    found = overlaps(first, second)
    for axis, rows in enumerate(AXES):
        for index in range(3):
            product = shadow(first, index, rows) * shadow(second, index, rows)
            np.testing.assert_allclose(found[axis, index], product.sum() * STEP**2, rtol=1e-3)


def test_merge_errors_are_squared_differences_of_pictures():
    first, second = draw(4, 2), draw(4, 3)
    merged = merge_pairs(first, second)

    def picture(moments: Moments, index: int, rows: tuple[int, int]) -> np.ndarray:
        color = np.clip(0.5 + 0.28209479 * moments.colors[index], 0, 1)
        return shadow(moments, index, rows)[..., None] * np.append(color, 1.0)

    found = merge_errors(first, second)
    for index in range(4):
        error = 0.0
        for rows in AXES:
            both = picture(first, index, rows) + picture(second, index, rows)
            error += ((both - picture(merged, index, rows)) ** 2).sum() * STEP**2
        np.testing.assert_allclose(found[index], error, rtol=2e-3)


def test_two_halves_of_one_gaussian_become_it_again():
    whole = draw(5, 4)
    half = Moments(whole.means, whole.covariances, 1 - np.sqrt(1 - whole.opacities), whole.colors)
    merged = merge_pairs(half, half)
    for name in Moments.__slots__:
        np.testing.assert_allclose(getattr(merged, name), getattr(whole, name), rtol=1e-9)


def test_a_merge_has_the_moments_of_both():
    first, second = draw(1, 5), draw(1, 6)
    second.opacities = first.opacities.copy()
    second.covariances = first.covariances.copy()  # equal masses
    merged = merge_pairs(first, second)
    middle = 0.5 * (first.means + second.means)
    np.testing.assert_allclose(merged.means, middle)
    apart = (first.means - middle)[0]
    np.testing.assert_allclose(merged.covariances[0], first.covariances[0] + np.outer(apart, apart))


def test_moments_keep_gaussians():
    splats = toy_splats(200)
    again = Moments.of(splats).to_splats(antialiased=False)
    np.testing.assert_allclose(covariances_of(again), covariances_of(splats), rtol=1e-4, atol=1e-9)
    for name in ("means", "opacities", "sh0"):
        np.testing.assert_allclose(getattr(again, name), getattr(splats, name), rtol=1e-5)


def test_half_extents_hold_the_axes_of_the_ellipsoid():
    splats = toy_splats(100)
    covariances = covariances_of(splats)
    directions = np.random.default_rng(0).normal(size=(2000, 3))
    directions /= np.linalg.norm(directions, axis=1, keepdims=True)
    roots = np.linalg.cholesky(covariances)
    surface = np.einsum("nij,kj->nki", roots, directions)
    reach = np.abs(surface).max(axis=1)
    found = half_extents(splats)
    assert (reach <= found + 1e-6).all()
    assert (reach > 0.95 * found).all()
