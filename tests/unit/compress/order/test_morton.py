import numpy as np
import pytest

from components.compress.order.morton import log_morton_order, morton_codes, morton_order


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


def test_positions_on_a_line_are_sorted_along_it():
    line = np.linspace(-1, 1, 500, dtype=np.float32)
    means = np.stack([line, line, line], axis=1)[np.random.default_rng(0).permutation(500)]
    np.testing.assert_array_equal(means[morton_order(means), 0], line)


def test_log_morton_keeps_high_bytes_together():
    codes = np.random.default_rng(0).integers(0, 1024, (5000, 3)).astype(np.uint16)
    high = codes[log_morton_order(codes)] >> 8
    changes = np.count_nonzero(np.any(high[1:] != high[:-1], axis=1))
    assert changes == 4**3 - 1
