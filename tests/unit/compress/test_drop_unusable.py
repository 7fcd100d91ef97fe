from dataclasses import replace

import numpy as np
import pytest

from components.compress.drop_unusable import ZERO_SCALE_LOG, Dropped, drop_unusable
from components.shared.errors import InputError
from tests.unit.shared.sog.sog_scenes import random_splats


def test_usable_gaussians_are_kept_as_they_are():
    splats = random_splats(20)
    usable, dropped = drop_unusable(splats)
    assert dropped == Dropped(invalid=0, invisible=0)
    np.testing.assert_array_equal(usable.means, splats.means)


def test_invalid_and_invisible_gaussians_are_dropped_and_counted():
    splats = random_splats(20)
    splats.means[3, 0] = np.nan
    splats.scales[7, 1] = np.inf
    splats.quats[8, 2] = np.inf
    splats.shN[9, 1, 1] = np.nan
    splats.opacities[10] = np.nan
    splats.opacities[11] = -20.0
    splats.opacities[12] = -np.inf
    usable, dropped = drop_unusable(splats)
    assert dropped == Dropped(invalid=5, invisible=2)
    np.testing.assert_array_equal(usable.means, np.delete(splats.means, [3, 7, 8, 9, 10, 11, 12], axis=0))


def test_a_logit_of_infinity_is_an_opacity_of_1():
    splats = replace(random_splats(2), opacities=np.full(2, np.inf, np.float32))
    assert len(drop_unusable(splats)[0]) == 2


def test_a_scale_of_0_becomes_a_small_one():
    splats = random_splats(3)
    splats.scales[1, 2] = -np.inf
    usable, dropped = drop_unusable(splats)
    assert dropped.invalid == 0
    assert usable.scales[1, 2] == ZERO_SCALE_LOG


def test_opacities_below_half_a_step_are_invisible():
    threshold = np.log(1 / 510 / (1 - 1 / 510))
    splats = replace(random_splats(2), opacities=np.float32([threshold - 0.01, threshold + 0.01]))
    assert drop_unusable(splats)[1] == Dropped(invalid=0, invisible=1)


def test_no_usable_gaussian_is_an_error_with_both_counts():
    splats = random_splats(10)
    splats.means[:4] = np.nan
    splats.opacities[4:] = -30.0
    with pytest.raises(InputError, match=r"none of 10 Gaussians .* 4 have NaN .* 6 are fully transparent"):
        drop_unusable(splats)


def test_an_empty_scene_is_an_error():
    with pytest.raises(InputError, match="no Gaussians"):
        drop_unusable(random_splats(0))
