from dataclasses import replace

import numpy as np
import pytest

from components.compress.distinct_rows import find_distinct_rows
from components.compress.fit_palette import fit_palette, palette_size, visual_weights
from components.compress.settings import CompressSettings
from components.compress.visible.sensitivity import measure_sensitivity
from components.compress.visible.views_around import views_around
from components.shared.progress import ignore_progress
from tests.unit.shared.sog.sog_scenes import random_splats

SETTINGS = CompressSettings(device="cpu")


@pytest.mark.parametrize(
    ("gaussians", "coefficients", "size"),
    [
        (100, 15, 64),  # never less than one row
        (100_000, 15, 6144),
        (100_000, 3, 30_848),
        (10_000_000, 15, 65_536),
    ],
)
def test_the_palette_grows_with_the_scene_in_rows_of_64(gaussians, coefficients, size):
    assert palette_size(gaussians, coefficients, 65_536) == size


def test_the_setting_limits_the_palette():
    assert palette_size(10_000_000, 15, 4096) == 4096
    splats = random_splats(5_000, 3)
    entries, labels = fit_palette(
        splats, CompressSettings(device="cpu", max_palette_entries=64), ignore_progress
    )
    assert len(entries) <= 64
    assert labels.max() < len(entries)


def test_few_distinct_colors_are_the_palette_itself():
    splats = random_splats(1000, 8)
    distinct = splats.shN[:40]
    labels = np.random.default_rng(0).integers(0, 40, 1000)
    entries, found = fit_palette(replace(splats, shN=distinct[labels]), SETTINGS, ignore_progress)
    assert len(entries) == len(np.unique(labels))
    np.testing.assert_array_equal(entries[found], distinct[labels])


def sharing(gaussians, rows):
    """Gaussians whose f_rest is one of so many rows, and sensitivities without covariances."""
    splats = random_splats(gaussians, 3)
    labels = np.random.default_rng(1).permutation(np.arange(gaussians) % rows)
    splats = replace(splats, shN=splats.shN[:rows][labels])
    sensitivity = measure_sensitivity(
        splats, views_around(splats)[:1], 0, ignore_progress, directions="means"
    )
    return splats, sensitivity


@pytest.mark.parametrize(("rows", "kept"), [(500, True), (530, False)])
def test_a_trained_palette_is_kept_up_to_eight_times_the_size_that_is_wanted(rows, kept):
    splats, sensitivity = sharing(2200, rows)
    entries, labels = fit_palette(
        splats,
        SETTINGS,
        ignore_progress,
        distinct=find_distinct_rows(splats.shN, 0),
        sensitivity=sensitivity,
        bytes_per_gaussian=0.1,
    )
    assert palette_size(2200, 3, 65_536, 0.1) == 64
    assert np.array_equal(entries[labels], splats.shN) == kept
    assert len(entries) == (rows if kept else 64)


def test_of_a_trained_palette_that_is_too_large_entries_are_made_one():
    splats, sensitivity = sharing(2400, 600)
    distinct = find_distinct_rows(splats.shN, 0)
    entries, labels = fit_palette(
        splats,
        SETTINGS,
        ignore_progress,
        distinct=distinct,
        sensitivity=sensitivity,
        bytes_per_gaussian=0.1,
    )
    assert len(entries) == 64
    for label in np.unique(distinct.labels):
        assert len(np.unique(labels[distinct.labels == label])) == 1
    error = np.square(entries[labels] - splats.shN).sum()
    assert error < 0.5 * np.square(splats.shN - splats.shN.mean(axis=0)).sum()


def test_the_setting_limits_a_trained_palette():
    splats, _ = sharing(1000, 200)
    settings = CompressSettings(device="cpu", max_palette_entries=128)
    assert len(fit_palette(splats, settings, ignore_progress)[0]) <= 128


@pytest.mark.parametrize(("rows", "shared"), [(1000, False), (251, False), (250, True)])
def test_rows_are_shared_by_four_gaussians_on_average(rows, shared):
    shN = random_splats(1000, 8).shN
    distinct = find_distinct_rows(shN[np.arange(1000) % rows], 0)
    assert len(distinct.rows) == rows
    assert distinct.are_shared == shared


def test_a_fitted_palette_is_closer_than_the_mean_color():
    splats = random_splats(4000, 3)
    entries, labels = fit_palette(splats, SETTINGS, ignore_progress)
    weights = visual_weights(splats)[:, None, None]
    error = (weights * (entries[labels] - splats.shN) ** 2).sum()
    spread = (weights * (splats.shN - splats.shN.mean(axis=0)) ** 2).sum()
    assert entries.dtype == np.float32
    assert error < 0.2 * spread


def test_weights_are_opacity_times_the_root_of_the_largest_cross_section():
    splats = random_splats(3, 0)
    splats = replace(
        splats,
        opacities=np.full(3, 100, np.float32),
        scales=np.log(np.float32([[1, 1, 1], [0.1, 2, 2], [3, 3, 0.1]])),
    )
    weights = visual_weights(splats)
    assert weights.mean() == pytest.approx(1.0)
    np.testing.assert_allclose(weights / weights[0], [1, 2, 3], rtol=1e-5)


def test_weights_fall_with_opacity():
    splats = replace(random_splats(2, 0), opacities=np.float32([0, 100]), scales=np.zeros((2, 3), np.float32))
    weights = visual_weights(splats)
    assert weights[0] / weights[1] == pytest.approx(0.5)


def test_the_weight_of_huge_gaussians_is_limited():
    scales = np.zeros((5, 3), np.float32)
    scales[4] = 10.0  # the sky
    weights = visual_weights(
        replace(random_splats(5, 0), opacities=np.full(5, 100, np.float32), scales=scales)
    )
    assert weights[4] / weights[0] == pytest.approx(10.0)
