import numpy as np
import pytest

from components.compress.order import morton_codes, smallest_order
from components.shared.sog.attributes import encode_means, quantize_means
from components.shared.sog.textures import encode_texture


@pytest.mark.parametrize(
    ("integers", "code"),
    [
        ([1, 0, 0], 0b001),
        ([0, 1, 0], 0b010),
        ([0, 0, 1], 0b100),
        ([0b11, 0b01, 0b10], 0b101011),
        ([65535, 65535, 65535], 2**48 - 1),
    ],
)
def test_morton_codes_interleave_bits(integers, code):
    assert morton_codes(np.array([integers], np.uint16))[0] == code


def test_the_order_is_a_permutation_that_makes_positions_smaller():
    grid = np.stack(np.meshgrid(*[np.linspace(-1, 1, 12)] * 3), axis=-1).reshape(-1, 3).astype(np.float32)
    means = grid[np.random.default_rng(0).permutation(len(grid))]
    codes, lows, highs = quantize_means(means)
    name, permutation = smallest_order(means, codes)
    assert name in ("log-morton", "morton")
    np.testing.assert_array_equal(np.sort(permutation), np.arange(len(means)))

    def size(codes: np.ndarray) -> int:
        return sum(len(encode_texture(each)) for each in encode_means(codes, lows, highs).textures.values())

    assert size(codes[permutation]) < 0.8 * size(codes)


def test_positions_on_a_line_are_sorted_along_it():
    line = np.linspace(-1, 1, 500, dtype=np.float32)
    means = np.stack([line, line, line], axis=1)[np.random.default_rng(0).permutation(500)]
    _, permutation = smallest_order(means, quantize_means(means)[0])
    np.testing.assert_array_equal(means[permutation, 0], line)


def test_gaussians_at_one_position_keep_their_order():
    means = np.ones((7, 3), np.float32)
    _, permutation = smallest_order(means, quantize_means(means)[0])
    np.testing.assert_array_equal(permutation, np.arange(7))
