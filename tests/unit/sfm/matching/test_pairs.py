import numpy as np

from components.sfm.matching.pairs import exhaustive_pairs, nearest_pairs, pairs_to_match, sequential_pairs
from components.shared.contracts.scene import Matching
from tests.unit.sfm.sfm_captures import gps, photo


def test_exhaustive_pairs_are_all_pairs_once():
    assert len(set(exhaustive_pairs(100))) == 100 * 99 / 2


def test_a_sequence_is_linked_and_closed_with_far_fewer_pairs():
    pairs = sequential_pairs(100)
    assert len(pairs) == len(set(pairs)) < 0.4 * len(exhaustive_pairs(100))
    assert {(i, i + 1) for i in range(99)} <= set(pairs)
    assert (0, 96) in pairs
    assert all(0 <= first < second < 100 for first, second in pairs)


def test_pairs_of_a_long_sequence_do_not_explode():
    assert len(sequential_pairs(1000)) < 25 * 1000


def test_nearest_pairs_follow_the_places():
    positions = np.array([[float(i % 10), float(i // 10), 0.0] for i in range(100)])
    pairs = nearest_pairs(positions, neighbours=4)
    assert (0, 10) in pairs
    assert (0, 99) not in pairs
    assert all(first < second for first, second in pairs)


def test_photos_of_one_place_are_compared_with_others_not_themselves():
    assert set(nearest_pairs(np.zeros((3, 3)), neighbours=2)) == {(0, 1), (0, 2), (1, 2)}


def test_the_pairs_are_those_of_the_matching():
    photos = [photo(number, gps=gps(48.0 + 0.001 * number, 11.0)) for number in range(1, 101)]
    assert pairs_to_match(photos, Matching.SEQUENTIAL) == sequential_pairs(100)
    assert len(pairs_to_match(photos, Matching.EXHAUSTIVE)) == 4950
    assert (0, 1) in pairs_to_match(photos, Matching.SPATIAL)
    assert (0, 99) not in pairs_to_match(photos, Matching.SPATIAL)
