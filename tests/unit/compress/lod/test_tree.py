"""Regions of space with about as many Gaussians each."""

from __future__ import annotations

import numpy as np

from components.compress.lod.tree import Leaf, leaves_of, split_space


def test_every_gaussian_is_in_one_leaf():
    means = np.random.default_rng(0).normal(size=(1000, 3)).astype(np.float32)
    leaves = list(leaves_of(split_space(means, 100)))
    assert [leaf.number for leaf in leaves] == list(range(16))
    members = np.concatenate([leaf.members for leaf in leaves])
    assert np.array_equal(np.sort(members), np.arange(1000))
    assert all(62 <= len(leaf.members) <= 63 for leaf in leaves)


def test_regions_are_separated_along_the_longest_side():
    means = np.zeros((100, 3), np.float32)
    means[:, 1] = np.random.default_rng(0).permutation(100)
    left, right = leaves_of(split_space(means, 50))
    assert means[left.members, 1].max() < means[right.members, 1].min()


def test_equal_positions_are_split_too():
    assert len(list(leaves_of(split_space(np.ones((64, 3), np.float32), 8)))) == 8


def test_a_small_scene_is_one_leaf():
    assert isinstance(split_space(np.zeros((1, 3), np.float32), 8), Leaf)
