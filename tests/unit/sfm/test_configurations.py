from dataclasses import replace

import pytest

from components.sfm.configurations import configurations
from components.sfm.settings import SfmSettings
from tests.unit.sfm.sfm_captures import capture_of, gps, photo

GPS = gps(48.0, 11.0)


def capture(count, *, ordered=False, gps=None):
    return capture_of([photo(number, gps=gps) for number in range(1, count + 1)], ordered=ordered)


def steps(capture):
    found = configurations(capture, SfmSettings())
    return [(each.matching, each.mapper, each.features.effort) for each in found]


def test_a_small_capture_is_matched_exhaustively_then_with_more_features_then_mapped_globally():
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
def test_a_large_capture_is_matched_by_order_or_gps_first(large, first):
    expected = [(first, "incremental", "usual"), ("exhaustive", "incremental", "usual")]
    assert steps(large) == [*dict.fromkeys(expected), ("exhaustive", "global", "usual")]


def test_one_photo_without_gps_rules_out_spatial_matching():
    large = capture(81, gps=GPS)
    large.photos[40] = replace(large.photos[40], gps=None)
    assert steps(large)[0][0] == "exhaustive"
