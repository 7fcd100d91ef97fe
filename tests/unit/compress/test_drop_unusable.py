from dataclasses import replace

import numpy as np
import pytest

from components.compress.drop_unusable import (
    MAX_COLOR,
    MAX_SCALE_LOG,
    MIN_SCALE_LOG,
    LeftOut,
    drop_unusable,
)
from components.shared.errors import InputError
from tests.unit.shared.sog.sog_scenes import random_splats

ARRAYS = ("means", "quats", "scales", "opacities", "sh0", "shN")


def assert_equal(splats, expected):
    for name in ARRAYS:
        np.testing.assert_array_equal(getattr(splats, name), getattr(expected, name), err_msg=name)


def test_usable_gaussians_are_kept_bit_for_bit():
    splats = random_splats(200)
    selected = drop_unusable(splats)
    assert selected.left_out == LeftOut()
    assert selected.limited == 0
    assert_equal(selected.splats, splats)


@pytest.mark.parametrize("name", ARRAYS)
@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_a_value_that_is_not_finite_costs_its_gaussian_only(name, value):
    splats = random_splats(200)
    getattr(splats, name)[(7,) + (0,) * (getattr(splats, name).ndim - 1)] = value
    selected = drop_unusable(splats)
    if (name, value) == ("opacities", np.inf) or (name == "scales" and value == -np.inf):
        assert selected.left_out == LeftOut()  # opaque, and flat
        return
    expected = LeftOut(transparent=1) if name == "opacities" and value == -np.inf else LeftOut(not_finite=1)
    assert selected.left_out == expected
    assert_equal(selected.splats, splats.select(np.delete(np.arange(200), 7)))


def test_each_gaussian_is_counted_once_by_its_first_reason():
    splats = random_splats(200)
    splats.means[3, 0] = splats.shN[3, 1, 1] = np.nan
    splats.opacities[3] = -20.0
    splats.means[4] = splats.quats[4] = splats.scales[4] = 0.0
    splats.scales[5, 1] = 80.0
    splats.opacities[6:8] = [-20.0, -np.inf]
    splats.means[8, 2] = 1e30
    selected = drop_unusable(splats)
    assert selected.left_out == LeftOut(1, 1, 1, 2, 1)
    assert selected.left_out.total == 6
    assert selected.left_out.by_reason() == {
        "not finite": 1,
        "rows of zeros": 1,
        "too large to draw": 1,
        "transparent": 2,
        "too far and small to see": 1,
    }
    assert_equal(selected.splats, splats.select(np.delete(np.arange(200), [3, 4, 5, 6, 7, 8])))


def test_a_quaternion_of_zeros_alone_is_no_rotation():
    splats = random_splats(10)
    splats.quats[4] = 0.0
    assert drop_unusable(splats).left_out == LeftOut()


def test_a_scale_of_0_becomes_a_small_one():
    splats = random_splats(3)
    splats.scales[1] = [-np.inf, -1e30, -20.5]
    selected = drop_unusable(splats)
    assert selected.left_out == LeftOut()
    assert selected.limited == 0
    assert (selected.splats.scales[1] == MIN_SCALE_LOG).all()


def test_extreme_scales_and_colors_are_limited_and_counted():
    splats = random_splats(100)
    splats.scales[1, 2] = 30.0
    splats.sh0[2, 0], splats.sh0[2, 1] = 1e5, -1e20
    splats.shN[3, 0, 0] = -1e5
    selected = drop_unusable(splats)
    assert selected.left_out == LeftOut()
    assert selected.limited == 3
    limited = selected.splats
    assert limited.scales[1, 2] == MAX_SCALE_LOG
    assert list(limited.sh0[2, :2]) == [MAX_COLOR, -MAX_COLOR]
    assert limited.shN[3, 0, 0] == -MAX_COLOR
    others = np.delete(np.arange(100), [1, 2, 3])
    assert_equal(limited.select(others), splats.select(others))


def test_opacities_below_half_a_step_are_invisible():
    threshold = np.log(1 / 510 / (1 - 1 / 510))
    splats = replace(random_splats(2), opacities=np.float32([threshold - 0.01, threshold + 0.01]))
    assert drop_unusable(splats).left_out == LeftOut(transparent=1)


@pytest.mark.parametrize(
    ("position", "scale_log", "is_kept"),
    [
        (1e4, 5.0, True),  # the sky of an outdoor scene
        (1e4, 0.5, True),  # 1.6 units at 10,000: a seventh of a pixel
        (300.0, -12.0, True),  # small, but less than 100 radii away
        (1e4, -4.0, False),
        (1e30, 19.0, False),
        (-3e38, -4.0, False),
    ],
)
def test_far_gaussians_are_kept_if_they_can_be_seen(position, scale_log, is_kept):
    splats = random_splats(500)
    splats.means[9, 1], splats.scales[9] = position, scale_log
    assert drop_unusable(splats).left_out == LeftOut(too_far=0 if is_kept else 1)


def test_a_scene_far_from_the_origin_is_kept():
    splats = random_splats(500)
    splats.means[:] += np.float32([5e5, 5e6, 100])
    assert drop_unusable(splats).left_out == LeftOut()


@pytest.mark.parametrize("count", [1, 2, 3])
def test_few_gaussians_are_no_outliers(count):
    splats = random_splats(count)
    splats.means[:] = np.arange(count)[:, None]
    splats.scales[:] = -4.0
    assert drop_unusable(splats).left_out == LeftOut()


def test_no_usable_gaussian_is_an_error_with_all_counts():
    splats = random_splats(10)
    splats.means[:4] = np.nan
    splats.opacities[4:] = -30.0
    with pytest.raises(InputError, match=r"none of 10 Gaussians can be shown: 4 not finite, 6 transparent$"):
        drop_unusable(splats)


def test_an_empty_scene_is_an_error():
    with pytest.raises(InputError, match="no Gaussians"):
        drop_unusable(random_splats(0))
