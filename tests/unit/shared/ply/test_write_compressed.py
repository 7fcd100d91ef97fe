"""What is written is read back within the steps of its chunks."""

from dataclasses import replace

import numpy as np
import pytest

from components.shared.move_splats import unit_quats
from components.shared.ply.read_ply import read_ply
from components.shared.ply.write_compressed import write_compressed_ply
from components.shared.splats import opacities_of_logits
from tests.unit.shared.sog.sog_scenes import random_splats


@pytest.mark.parametrize("coefficients", [0, 3, 8, 15])
@pytest.mark.parametrize("count", [1, 255, 256, 600])
def test_values_come_back_within_half_a_step(tmp_path, count, coefficients):
    splats = random_splats(count, coefficients)
    write_compressed_ply(splats, tmp_path / "a.compressed.ply")
    back = read_ply(tmp_path / "a.compressed.ply")
    for name, steps in (("means", (2047, 1023, 2047)), ("scales", (2047, 1023, 2047)), ("sh0", (255,) * 3)):
        ours, theirs = getattr(splats, name), getattr(back, name)
        spans = np.stack([np.ptp(ours[i : i + 256], axis=0) for i in range(0, count, 256)])
        half_steps = np.repeat(spans, 256, axis=0)[:count] / steps / 2
        assert (np.abs(ours - theirs) <= half_steps * 1.001 + 2e-6).all(), name
    np.testing.assert_allclose(
        opacities_of_logits(back.opacities), opacities_of_logits(splats.opacities), atol=0.5 / 255 + 1e-6
    )
    cosines = np.abs(np.sum(unit_quats(back.quats) * unit_quats(splats.quats), axis=1))
    assert np.degrees(2 * np.arccos(cosines.clip(max=1.0))).max() < 0.2
    assert np.abs(back.shN - splats.shN).max(initial=0) <= 8 / 256 / 2 + 1e-6


def test_the_render_mode_is_kept(tmp_path):
    write_compressed_ply(replace(random_splats(5, 0), antialiased=True), tmp_path / "a.ply")
    assert read_ply(tmp_path / "a.ply").antialiased


def test_it_is_a_quarter_of_the_size(tmp_path):
    write_compressed_ply(random_splats(3000, 15), tmp_path / "a.ply")
    assert 61 < (tmp_path / "a.ply").stat().st_size / 3000 < 64  # 16, 45 for f_rest, and a part of a chunk
