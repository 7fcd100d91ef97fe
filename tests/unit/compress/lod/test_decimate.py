"""Fewer Gaussians that give almost the same pictures."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from components.compress.drop_unusable import drop_unusable
from components.compress.fit_palette import visual_weights
from components.compress.lod.decimate import decimate
from components.evaluate.measure import render_image
from components.shared.image_metrics import psnr
from components.shared.sog.read_sog import read_sog
from components.shared.splats import Splats
from tests.toy_world import ring_camera, toy_splats


def mean_psnr(splats: Splats, reference: Splats) -> float:
    cameras = [ring_camera(index, 160, 120) for index in (0, 3, 6)]
    return float(np.mean([psnr(render_image(splats, c), render_image(reference, c)) for c in cameras]))


@pytest.mark.parametrize("count", [1, 7, 500, 1499])
def test_the_count_is_met(count):
    assert len(decimate(toy_splats(1500), count)) == count


def test_a_small_scene_stays_as_it_is():
    splats = toy_splats(100)
    assert decimate(splats, 100) is splats


def test_merging_shows_more_than_leaving_out():
    splats = toy_splats(3000)
    fewer = decimate(splats, 1000)
    heaviest = splats.select(np.argsort(-visual_weights(splats))[:1000])
    assert mean_psnr(fewer, splats) > 25.0
    assert mean_psnr(fewer, splats) > mean_psnr(heaviest, splats) + 4.0


def test_equal_gaussians_become_one():
    one = toy_splats(4).select(np.arange(1))
    splats = one.select(np.zeros(300, np.intp))
    merged = decimate(replace(splats, quats=splats.quats * np.linspace(0.5, 2, 300)[:, None]), 1)
    np.testing.assert_allclose(merged.means, one.means, atol=1e-5)
    np.testing.assert_allclose(np.sort(merged.scales), np.sort(one.scales), atol=1e-4)


def test_flat_opaque_and_huge_ones_give_finite_values():
    splats = toy_splats(400)
    splats.scales[:100, 0] = -20.0
    splats.scales[100:120] = 20.0
    splats.opacities[:] = np.where(np.arange(len(splats)) % 2, np.inf, 5.0)
    splats.quats[50] = 0.0
    usable = drop_unusable(splats).splats
    fewer = decimate(usable, len(usable) // 5)
    for name in ("means", "quats", "scales", "opacities", "sh0"):
        assert np.isfinite(getattr(fewer, name)).all(), name


def test_spherical_harmonics_are_means():
    splats = toy_splats(4).select(np.array([0, 0]))
    splats = replace(splats, shN=np.stack([np.full((3, 3), 0.2), np.full((3, 3), 0.4)]).astype(np.float32))
    np.testing.assert_allclose(decimate(splats, 1).shN, 0.3, rtol=1e-5)


@pytest.mark.slow
def test_a_part_of_a_real_scene(shared_data):
    house = drop_unusable(read_sog(shared_data / "splats" / "house_sog_v1")).splats
    middle = np.median(house.means, axis=0)
    near = house.select(np.argsort(np.linalg.norm(house.means - middle, axis=1))[:20000])
    near = replace(near, means=near.means - middle)
    fewer = decimate(near, len(near) // 3)
    heaviest = near.select(np.argsort(-visual_weights(near))[: len(fewer)])
    assert mean_psnr(fewer, near) > mean_psnr(heaviest, near) + 1.0
