from dataclasses import replace

import numpy as np
import pytest

from components.compress.compare import compare
from tests.unit.shared.sog.sog_scenes import random_splats


@pytest.fixture
def splats():
    return random_splats(100, 3)


def test_equal_gaussians_have_no_errors(splats):
    errors = compare(splats, splats)
    assert (errors.position, errors.rotation_degrees, errors.log_scale) == (0.0, 0.0, 0.0)
    assert (errors.f_dc, errors.opacity) == (0.0, 0.0)
    assert errors.f_rest_snr_db is None


def test_the_error_of_positions_is_a_distance(splats):
    moved = replace(splats, means=splats.means + np.float32([0.3, 0.4, 0.0]))
    assert compare(splats, moved).position == pytest.approx(0.5, rel=1e-4)


def test_the_error_of_rotations_is_an_angle(splats):
    identity = np.tile(np.float32([1, 0, 0, 0]), (100, 1))
    angle = np.radians(3.0)
    rotated = np.tile(np.float32([np.cos(angle / 2), 0, 0, np.sin(angle / 2)]), (100, 1))
    errors = compare(replace(splats, quats=identity), replace(splats, quats=-2 * rotated))
    assert errors.rotation_degrees == pytest.approx(3.0, rel=1e-4)


def test_the_error_of_opacities_is_one_of_opacity_and_not_of_logits(splats):
    before, after = (replace(splats, opacities=np.full(100, logit, np.float32)) for logit in (0.0, np.log(3)))
    assert compare(before, after).opacity == pytest.approx(0.25, rel=1e-4)


def test_errors_of_scales_and_colors_are_mean_absolute_differences(splats):
    changed = replace(splats, scales=splats.scales - 0.5, sh0=splats.sh0 + 0.25)
    errors = compare(splats, changed)
    assert errors.log_scale == pytest.approx(0.5, rel=1e-4)
    assert errors.f_dc == pytest.approx(0.25, rel=1e-4)


def test_the_signal_to_noise_ratio_is_in_decibels(splats):
    assert compare(splats, replace(splats, shN=splats.shN * 1.1)).f_rest_snr_db == pytest.approx(
        20.0, rel=1e-3
    )


def test_without_view_dependent_color_there_is_no_ratio():
    splats = random_splats(10, 0)
    assert compare(splats, splats).f_rest_snr_db is None
