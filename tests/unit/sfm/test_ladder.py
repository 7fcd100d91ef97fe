from dataclasses import replace
from pathlib import Path

import pytest

from components.sfm.capture import Capture, Gps
from components.sfm.ladder import pairs_to_match, rungs
from components.sfm.pairs import sequential_pairs
from components.sfm.settings import SfmSettings
from tests.unit.sfm.sfm_captures import photo

GPS = Gps(48.0, 11.0, None)


def capture(count, *, ordered=False, gps=None):
    photos = [photo(number, gps=gps) for number in range(1, count + 1)]
    return Capture(Path(), photos, [], ordered, {})


def steps(capture):
    return [(rung.matching, rung.mapper, rung.effort.name) for rung in rungs(capture, SfmSettings())]


def test_a_small_set_is_compared_in_full_then_with_more_features_then_solved_globally():
    assert steps(capture(24, ordered=True)) == [
        ("exhaustive", "incremental", "usual"),
        ("exhaustive", "incremental", "patient"),
        ("exhaustive", "global", "patient"),
    ]


@pytest.mark.parametrize(
    ("large", "first"),
    [
        (capture(81, ordered=True, gps=GPS), "sequential"),
        (capture(81, gps=GPS), "spatial"),
        (capture(81), "exhaustive"),
    ],
)
def test_a_large_set_is_matched_by_what_is_known_of_it_first(large, first):
    expected = [(first, "incremental", "usual"), ("exhaustive", "incremental", "usual")]
    assert steps(large) == [*dict.fromkeys(expected), ("exhaustive", "global", "usual")]


def test_one_photo_without_a_place_rules_out_matching_by_place():
    large = capture(81, gps=GPS)
    large.photos[40] = replace(large.photos[40], gps=None)
    assert steps(large)[0][0] == "exhaustive"


def test_the_pairs_are_those_of_the_matching():
    photos = capture(100).photos
    assert pairs_to_match(photos, "sequential") == sequential_pairs(100)
    assert len(pairs_to_match(photos, "exhaustive")) == 4950
    places = [photo(i, gps=Gps(48.0 + 0.001 * i, 11.0, None)) for i in range(1, 101)]
    assert (0, 1) in pairs_to_match(places, "spatial")
    assert (0, 99) not in pairs_to_match(places, "spatial")
