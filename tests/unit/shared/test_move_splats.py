import numpy as np
import pytest
import torch

from components.shared.move_splats import (
    HALF_TURN_X,
    HALF_TURN_Z,
    move_splats,
    rotate_sh,
    rotate_splats,
    rotation_matrix,
    unit_quats,
)
from components.shared.rasterize.quaternions import rotation_matrices
from components.shared.rasterize.sh_basis import sh_basis
from tests.unit.shared.sog.sog_scenes import random_splats


def random_quats(count):
    return unit_quats(np.random.default_rng(1).normal(size=(count, 4)))


def colors(shN, directions):
    """View-dependent part of the colors [M, 3] of one Gaussian along unit vectors [M, 3]."""
    return np.stack(sh_basis(*directions.T), axis=1)[:, : shN.shape[0]] @ shN


@pytest.mark.parametrize("coefficients", [3, 8, 15])
def test_a_turned_gaussian_shows_the_same_colors_along_turned_directions(coefficients):
    directions = random_quats(50)[:, 1:]
    directions /= np.linalg.norm(directions, axis=1, keepdims=True)
    shN = random_splats(1, coefficients).shN.astype(np.float64)
    for quat in (*random_quats(5), HALF_TURN_X, HALF_TURN_Z):
        turned = rotate_sh(shN, quat)[0]
        turned_directions = directions @ rotation_matrix(quat).T
        np.testing.assert_allclose(colors(turned, turned_directions), colors(shN[0], directions), atol=1e-9)


def test_axes_of_gaussians_turn_with_the_scene():
    splats, quat = random_splats(20, 0), random_quats(1)[0]
    turned = rotate_splats(splats, quat)
    np.testing.assert_allclose(turned.means, splats.means @ rotation_matrix(quat).T, rtol=1e-4, atol=1e-5)
    before, after = (rotation_matrices(torch.tensor(each.quats)).numpy() for each in (splats, turned))
    np.testing.assert_allclose(after, rotation_matrix(quat) @ before, atol=1e-5)


@pytest.mark.parametrize("quat", [HALF_TURN_X, HALF_TURN_Z])
def test_two_half_turns_give_every_bit_back(quat):
    splats = random_splats(100, 15)
    back = rotate_splats(rotate_splats(splats, quat), quat)
    for name in ("means", "scales", "opacities", "sh0", "shN"):
        assert (getattr(back, name) == getattr(splats, name)).all(), name
    assert (back.quats == -splats.quats).all()  # the same rotations


def test_a_larger_scene_has_larger_gaussians_further_away():
    splats = random_splats(10, 3)
    moved = move_splats(splats, quat=np.array([1.0, 0, 0, 0]), scale=2.0, shift=np.array([1.0, 2.0, 3.0]))
    np.testing.assert_allclose(moved.means, splats.means * 2 + [1, 2, 3], rtol=1e-6)
    np.testing.assert_allclose(np.exp(moved.scales), 2 * np.exp(splats.scales), rtol=1e-5)
    assert (moved.shN == splats.shN).all()


def test_a_quaternion_of_zeros_is_the_identity():
    assert unit_quats(np.zeros((1, 4), np.float32)).tolist() == [[1.0, 0.0, 0.0, 0.0]]
