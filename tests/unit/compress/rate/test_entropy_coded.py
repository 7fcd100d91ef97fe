"""Codes that are worth their bits, against a search through all of them."""

import math

import numpy as np
import pytest

from components.compress.rate.entropy_coded import Tradeoff, choose_entries, snap_codes

RNG = np.random.default_rng(0)
ENTRIES = np.linspace(-2.0, 2.0, 256)
VALUES = RNG.normal(0.0, 0.5, (2000, 3))
WEIGHTS = RNG.lognormal(0.0, 2.0, (2000, 3))


def entropy_bits(codes):
    counts = np.bincount(codes.ravel())
    share = counts[counts > 0] / codes.size
    return float(-(share * np.log2(share)).sum())


def test_free_bits_give_the_nearest_entries():
    entries, indices = choose_entries(ENTRIES, VALUES, Tradeoff(WEIGHTS, 0.0), fixed=True)
    nearest = np.abs(VALUES[..., None] - ENTRIES).argmin(axis=-1)
    np.testing.assert_array_equal(indices, nearest)
    np.testing.assert_array_equal(entries, ENTRIES)


def test_each_code_is_the_best_of_all_for_the_counts_before_it():
    cost = 1e-3
    codes = np.abs(VALUES[..., None] - ENTRIES).argmin(axis=-1)
    for _ in range(3):
        counts = np.maximum(np.bincount(codes.ravel(), minlength=256), 0.5)
        bits = np.log2(VALUES.size) - np.log2(counts)
        totals = WEIGHTS[..., None] * (ENTRIES - VALUES[..., None]) ** 2 + cost * bits
        codes = totals.argmin(axis=-1)
    _, indices = choose_entries(ENTRIES, VALUES, Tradeoff(WEIGHTS, cost), fixed=True)
    chosen = np.take_along_axis(totals, indices[..., None].astype(int), axis=-1)[..., 0]
    np.testing.assert_allclose(chosen, totals.min(axis=-1), rtol=1e-12)


def test_dearer_bits_are_fewer_and_the_seen_values_stay_the_closest():
    sizes = []
    for cost in (1e-5, 1e-3, 1e-1):
        entries, indices = choose_entries(ENTRIES, VALUES, Tradeoff(WEIGHTS, cost))
        sizes.append(entropy_bits(indices))
    assert sizes[0] > sizes[1] + 1.0 > sizes[2] + 2.0
    errors, heavy = np.abs(entries[indices] - VALUES), np.median(WEIGHTS) < WEIGHTS
    assert errors[heavy].mean() < 0.5 * errors[~heavy].mean()


@pytest.mark.parametrize("bit_cost", [0.0, 1.0])
def test_positions_move_to_frequent_low_bytes_within_their_reach(bit_cost):
    positions = RNG.uniform(0, 65535, (3000, 3))
    codes = snap_codes(positions, Tradeoff(np.full(positions.shape, 0.05), bit_cost))
    moved = np.abs(codes - positions)
    if bit_cost == 0.0:
        assert moved.max() <= 0.5
    else:
        assert 0.5 < moved.mean() < 20.0
        assert entropy_bits(codes & 255) < 6.0


def test_no_value_goes_farther_than_its_reach_for_the_sake_of_bits():
    free, limited = (
        choose_entries(ENTRIES, VALUES, Tradeoff(WEIGHTS, 1e6, reach), fixed=True)[1]
        for reach in (math.inf, 0.5)
    )
    nearest = np.abs(ENTRIES[:, None] - VALUES.ravel()).min(axis=0)
    assert np.abs(ENTRIES[free] - VALUES).max() > 0.5
    assert np.all(np.abs(ENTRIES[limited].ravel() - VALUES.ravel()) <= np.maximum(nearest, 0.5))
