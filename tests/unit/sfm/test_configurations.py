import pytest

from components.sfm.configurations import configurations, keeps_two_view_points
from components.sfm.settings import SfmSettings

WIDER = [(51, "exhaustive"), (200, "exhaustive"), (201, "wide retrieval")]
FEATURES = [(1, 8192), (12, 8192), (50, 2000), (252, 1536), (3000, 1536)]


def steps(photos, **settings):
    found = configurations(photos, SfmSettings(**settings))
    return [(each.matching, each.mapper, each.features.effort) for each in found]


def test_a_small_capture_is_matched_exhaustively_then_with_more_features():
    assert steps(24) == [
        ("exhaustive", "global", "usual"),
        ("strong pairs", "global", "usual"),
        ("exhaustive", "incremental", "usual"),
        ("exhaustive", "global", "patient"),
        ("exhaustive", "incremental", "patient"),
    ]


@pytest.mark.parametrize(("photos", "wider"), WIDER)
def test_a_larger_capture_is_matched_by_likeness_then_with_more_pairs(photos, wider):
    assert steps(photos) == [
        ("retrieval", "global", "usual"),
        ("strong pairs", "global", "usual"),
        ("retrieval", "incremental", "usual"),
        (wider, "global", "usual"),
        (wider, "incremental", "usual"),
    ]


@pytest.mark.parametrize(("photos", "features"), FEATURES)
def test_the_more_photos_the_fewer_features_of_each(photos, features):
    assert configurations(photos, SfmSettings())[0].features.max_features == features


def test_a_number_of_features_can_be_set_and_is_doubled_by_more_effort():
    found = configurations(24, SfmSettings(max_features=3000))
    assert [each.features.max_features for each in found] == [3000, 3000, 3000, 6000, 6000]


def test_points_in_two_photos_are_for_captures_of_few():
    assert keeps_two_view_points(11)
    assert not keeps_two_view_points(252)
