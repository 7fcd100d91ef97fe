import numpy as np
import pytest

from components.compress.distinct_rows import find_distinct_rows


def shared(rows, gaussians):
    rng = np.random.default_rng(0)
    palette = rng.normal(size=(rows, 15, 3)).astype(np.float32)
    palette[1::2] = palette[::2][: rows // 2]
    palette[1::2, -1, -1] += 1.0  # the last value alone tells them apart
    return palette[np.concatenate([np.arange(rows), rng.integers(0, rows, gaussians - rows)])]


@pytest.mark.parametrize(("rows", "gaussians"), [(1, 1), (1, 50), (7, 10_000), (3000, 10_000), (500, 500)])
def test_rows_are_those_of_numpy(rows, gaussians):
    shN = shared(rows, gaussians)
    found = find_distinct_rows(shN, 0)
    np.testing.assert_array_equal(found.rows[found.labels], shN)
    assert len(found.rows) == len(np.unique(shN.reshape(gaussians, -1), axis=0)) == rows


def test_rows_have_one_order_however_the_gaussians_are_sorted():
    shN, order = shared(300, 5000), np.random.default_rng(1).permutation(5000)
    found, again = find_distinct_rows(shN, 0), find_distinct_rows(shN[order], 0)
    np.testing.assert_array_equal(found.rows, again.rows)
    np.testing.assert_array_equal(found.labels[order], again.labels)


@pytest.mark.parametrize(("most", "known"), [(299, False), (300, True)])
def test_more_rows_than_are_wanted_are_none(most, known):
    assert (find_distinct_rows(shared(300, 5000), 0, most) is not None) == known


def test_without_spherical_harmonics_all_are_alike():
    assert len(find_distinct_rows(np.zeros((5, 0, 3), np.float32), 0).rows) == 1
