"""The search of a fidelity, for sizes that grow with it."""

import math

import pytest

from components.compress.rate.fidelity import HIGHEST_DB, LOWEST_DB
from components.compress.rate.search import next_fidelity


def tries(size_of, wanted, most=9):
    """Fidelities until a size is 0 to 5 % below what is wanted, or an end tells that there is none."""
    sizes, db = {}, 58.0
    for _ in range(most):
        assert db not in sizes
        sizes[db] = size_of(db)
        is_small = sizes[db] <= wanted
        if 0.95 * wanted <= sizes[db] <= wanted or db == (HIGHEST_DB if is_small else LOWEST_DB):
            break
        db = next_fidelity({each: math.log(0.98 * wanted / size) for each, size in sizes.items()}, 0.045)
    return list(sizes)


def smooth(db):
    """Bytes that grow by 9 % with each dB at 20 dB, and by 3.5 % at 60 dB, as those of trained scenes do."""
    return 1e6 * math.exp(-0.055 * (70.0 - db) - 0.0007 * (70.0 - db) ** 2 + 0.02 * (70.0 - db))


def with_a_jump(db):
    """As where a palette is given up: there are no sizes between."""
    return smooth(db) * (0.7 if db < 50.0 else 1.0)


@pytest.mark.parametrize("part", [0.06, 0.1, 0.2, 0.3, 0.4, 0.6, 0.8, 0.99])
def test_few_tries_find_a_size(part):
    found = tries(smooth, part * smooth(HIGHEST_DB))
    assert 0.95 * part <= smooth(found[-1]) / smooth(HIGHEST_DB) <= part
    assert len(found) <= 5


@pytest.mark.parametrize("part", [0.06, 0.1, 0.2, 0.26, 0.4, 0.6, 0.8, 0.99])
def test_a_size_beside_a_jump_is_found(part):
    found = tries(with_a_jump, part * with_a_jump(HIGHEST_DB))
    assert 0.95 * part <= with_a_jump(found[-1]) / with_a_jump(HIGHEST_DB) <= part


def test_a_size_that_no_fidelity_has_ends_at_that_end():
    assert tries(smooth, 0.5 * smooth(LOWEST_DB))[-1] == LOWEST_DB
    assert tries(smooth, 2.0 * smooth(HIGHEST_DB))[-1] == HIGHEST_DB


def test_sizes_that_do_not_ascend_are_no_bracket():
    assert 50.0 < next_fidelity({50.0: 0.1, 48.0: -0.1}, 0.045) <= 66.0
