import numpy as np
import pytest

from components.compress.order.hilbert import hilbert_codes, hilbert_order


@pytest.mark.parametrize("corner", [0, 65536 - 16])
def test_the_curve_visits_each_cell_of_a_cube_and_moves_by_one_cell(corner):
    cells = corner + np.stack(np.meshgrid(*[np.arange(16)] * 3, indexing="ij"), axis=-1).reshape(-1, 3)
    codes = hilbert_codes(cells.astype(np.uint16))
    assert np.ptp(codes) == 16**3 - 1
    assert len(np.unique(codes)) == 16**3
    path = cells[hilbert_order(cells.astype(np.uint16))]
    np.testing.assert_array_equal(np.abs(np.diff(path, axis=0)).sum(axis=1), 1)


def test_far_octants_are_neighbours_too():
    levels = np.array([0, 16384, 32768, 49152])  # the corners of the 64 largest cells
    cells = np.stack(np.meshgrid(levels, levels, levels, indexing="ij"), axis=-1).reshape(-1, 3)
    cells = cells.astype(np.uint16)
    codes = hilbert_codes(cells) >> np.uint64(42)
    np.testing.assert_array_equal(np.sort(codes), np.arange(64))
    path = cells[np.argsort(codes)].astype(int) // 16384
    np.testing.assert_array_equal(np.abs(np.diff(path, axis=0)).sum(axis=1), 1)


def test_it_does_not_change_its_argument():
    integers = np.random.default_rng(0).integers(0, 65536, (50, 3)).astype(np.uint16)
    before = integers.copy()
    hilbert_codes(integers)
    np.testing.assert_array_equal(integers, before)
