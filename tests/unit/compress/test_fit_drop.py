"""The search for the smallest file within a loss."""

from __future__ import annotations

import math

import pytest

from components.compress.fit_drop import next_fidelity
from components.compress.rate.fidelity import HIGHEST_DB, LOWEST_DB


def searched(loss_db, allowed, tries=6):
    """Losses by fidelity, until one is 1 to 7 % below what is allowed, or at an end that tells all."""
    drops: dict[float, float] = {}
    for _ in range(tries):
        db = next_fidelity(drops, allowed)
        assert db not in drops
        drops[db] = loss_db(db)
        is_kept = drops[db] <= 0.99 * allowed
        if (is_kept and drops[db] >= 0.93 * allowed) or db == (LOWEST_DB if is_kept else HIGHEST_DB):
            break
    return drops


@pytest.mark.parametrize("allowed", [0.05, 0.1, 0.5, 3.0])
@pytest.mark.parametrize(("decay", "floor"), [(0.12, 0.0), (0.09, 0.005), (0.23, 0.0)])
def test_few_tries_find_a_smooth_loss(allowed, decay, floor):
    drops = searched(lambda db: 0.1 * math.exp(-decay * (db - 57.0)) + floor, allowed)
    assert 0.93 * allowed <= list(drops.values())[-1] <= allowed
    assert len(drops) <= 5


def test_a_loss_that_no_fidelity_has_ends_at_the_highest():
    drops = searched(lambda db: 0.2 + 0.001 * (HIGHEST_DB - db), 0.15)
    assert max(drops) == HIGHEST_DB
    assert len(drops) <= 4


def test_a_loss_that_every_fidelity_keeps_goes_to_the_lowest():
    assert min(searched(lambda db: 1e-4, 5.0)) == LOWEST_DB


def test_a_gain_is_no_reason_for_a_leap():
    assert next_fidelity({58.0: -0.2}, 0.1) >= 58.0 - 16.0
    assert next_fidelity({58.0: 0.3, 62.0: -0.2}, 0.1) == pytest.approx(59.0, abs=1.0)
