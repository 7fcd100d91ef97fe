import typing

import numpy as np
import pytest

from components.compress.order.choose import Curve, OrderName, choose_order
from components.compress.settings import CompressSettings
from components.shared.sog.attributes import encode_means, quantize_means
from components.shared.sog.textures import encode_texture
from components.shared.splats import Splats

NAMES = typing.get_args(OrderName)
CURVES = typing.get_args(Curve)


@pytest.fixture(scope="module")
def splats():
    """A grid of 12×12×12 positions, shuffled."""
    rng = np.random.default_rng(0)
    grid = np.stack(np.meshgrid(*[np.linspace(-1, 1, 12)] * 3), axis=-1).reshape(-1, 3).astype(np.float32)
    return at(grid[rng.permutation(len(grid))])


def at(means):
    """Gaussians at positions [N, 3], equal otherwise."""
    count = len(means)
    return Splats(
        means=means,
        quats=np.tile(np.array([1, 0, 0, 0], np.float32), (count, 1)),
        scales=np.full((count, 3), -4, np.float32),
        opacities=np.zeros(count, np.float32),
        sh0=np.zeros((count, 3), np.float32),
        shN=np.zeros((count, 0, 3), np.float32),
    )


def order(name, splats):
    settings = CompressSettings(order=name, device="cpu")
    return choose_order(splats, quantize_means(splats.means)[0], settings)


def size(splats, permutation):
    """Bytes of the position textures."""
    textures = encode_means(*quantize_means(splats.means[permutation])).textures
    return sum(len(encode_texture(each)) for each in textures.values())


@pytest.mark.parametrize("name", NAMES)
def test_each_order_is_a_permutation_that_makes_positions_smaller(splats, name):
    chosen, permutation = order(name, splats)
    assert chosen == name
    np.testing.assert_array_equal(np.sort(permutation), np.arange(len(splats)))
    assert size(splats, permutation) < 0.9 * size(splats, np.arange(len(splats)))


def test_auto_takes_the_smallest_curve(splats):
    sizes = {name: size(splats, order(name, splats)[1]) for name in CURVES}
    chosen, permutation = order("auto", splats)
    assert sizes[chosen] == min(sizes.values())
    assert size(splats, permutation) == sizes[chosen]


def test_the_setting_names_each_order():
    annotation = CompressSettings.model_fields["order"].annotation
    assert set(typing.get_args(annotation)) == {"auto", *NAMES}


@pytest.mark.parametrize("name", ["auto", *CURVES])
def test_gaussians_at_one_position_keep_their_order(name):
    _, permutation = order(name, at(np.ones((7, 3), np.float32)))
    np.testing.assert_array_equal(permutation, np.arange(7))


def test_plas_reports_progress(splats):
    reported = []
    codes, _, _ = quantize_means(splats.means)
    choose_order(splats, codes, CompressSettings(order="plas", device="cpu"), reported.append)
    assert reported[-1].fraction == 1.0
