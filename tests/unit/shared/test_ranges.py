"""Ranges make up all rows, whatever the number of cores."""

import numpy as np
import pytest

from components.shared.ranges import in_ranges, stable_argsort, take_rows


@pytest.mark.parametrize("count", [0, 1, 99, 100, 1001])
def test_ranges_make_up_all_rows(count):
    times = np.zeros(count, int)

    def work(start, stop):
        times[start:stop] += 1

    in_ranges(work, count, at_least=100)
    assert (times == 1).all()


def test_a_failure_in_a_range_is_the_callers():
    with pytest.raises(IndexError):
        in_ranges(lambda start, _: [0][start], 1000, at_least=1)


@pytest.mark.parametrize("shape", [(200_000,), (200_000, 3), (200_000, 2, 3), (200_000, 0, 3)])
def test_rows_are_taken_by_indices_and_masks(shape):
    rng = np.random.default_rng(0)
    values = rng.random(shape, np.float32)
    for index in (
        rng.permutation(len(values)),
        rng.integers(0, 9, 5),
        np.zeros(0, int),
        rng.random(200_000) < 0.5,
    ):
        np.testing.assert_array_equal(take_rows(values, index), values[index])


@pytest.mark.parametrize("count", [0, 1, 300_000])
def test_a_sort_in_ranges_keeps_the_order_of_equal_keys(count):
    keys = np.random.default_rng(0).integers(0, 50_000, count).astype(np.uint64)
    np.testing.assert_array_equal(stable_argsort(keys), np.argsort(keys, kind="stable"))
