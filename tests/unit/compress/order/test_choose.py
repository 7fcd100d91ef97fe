import typing

import numpy as np
import pytest

from components.compress.order.choose import OrderName, choose_order
from components.compress.settings import CompressSettings
from components.shared.sog.attributes import encode_means, quantize_means
from components.shared.sog.textures import encode_texture

NAMES = typing.get_args(OrderName)


@pytest.fixture(scope="module")
def means():
    """A grid of 12×12×12 positions, shuffled."""
    grid = np.stack(np.meshgrid(*[np.linspace(-1, 1, 12)] * 3), axis=-1).reshape(-1, 3).astype(np.float32)
    return grid[np.random.default_rng(0).permutation(len(grid))]


def size(codes):
    limits = np.zeros(3)
    return sum(len(encode_texture(each)) for each in encode_means(codes, limits, limits).textures.values())


@pytest.mark.parametrize("name", NAMES)
def test_each_order_is_a_permutation_that_makes_positions_smaller(means, name):
    codes, _, _ = quantize_means(means)
    chosen, permutation = choose_order(name, means, codes)
    assert chosen == name
    np.testing.assert_array_equal(np.sort(permutation), np.arange(len(means)))
    assert size(codes[permutation]) < 0.8 * size(codes)


def test_auto_takes_the_smallest(means):
    codes, _, _ = quantize_means(means)
    sizes = {name: size(codes[choose_order(name, means, codes)[1]]) for name in NAMES}
    chosen, permutation = choose_order("auto", means, codes)
    assert sizes[chosen] == min(sizes.values())
    assert size(codes[permutation]) == sizes[chosen]


def test_the_setting_names_each_order():
    annotation = CompressSettings.model_fields["order"].annotation
    assert set(typing.get_args(annotation)) == {"auto", *NAMES}


@pytest.mark.parametrize("name", ["auto", *NAMES])
def test_gaussians_at_one_position_keep_their_order(name):
    means = np.ones((7, 3), np.float32)
    _, permutation = choose_order(name, means, quantize_means(means)[0])
    np.testing.assert_array_equal(permutation, np.arange(7))
