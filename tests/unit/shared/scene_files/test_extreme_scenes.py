"""Extreme and broken Gaussians in every format: a file whose reader finds finite values, or a clear error."""

import numpy as np
import pytest

from components.compress.settings import CompressSettings
from components.compress.write_scene import write_scene
from components.shared.errors import InputError
from components.shared.scene_files.formats import FORMATS
from components.shared.scene_files.read_scene import read_scene
from tests.unit.shared.sog.sog_scenes import random_splats

COUNT = 40
PACKED = [each for each in FORMATS if each.name != "ply"]
VALUES = {
    "nan mean": ("means", np.nan, COUNT - 1),
    "infinite mean": ("means", np.inf, COUNT - 1),
    "nan scale": ("scales", np.nan, COUNT - 1),
    "infinite scale": ("scales", np.inf, COUNT - 1),
    "scale of 0": ("scales", -np.inf, COUNT),
    "quaternion of 0": ("quats", 0.0, COUNT),
    "nan quaternion": ("quats", np.nan, COUNT - 1),
    "nan color": ("sh0", np.nan, COUNT - 1),
    "bright color": ("sh0", 1e6, COUNT),
    "nan f_rest": ("shN", np.nan, COUNT - 1),
    "large f_rest": ("shN", -1e6, COUNT),
    "opacity of 1": ("opacities", np.inf, COUNT),
    "opacity of 0": ("opacities", -np.inf, COUNT - 1),
    "nan opacity": ("opacities", np.nan, COUNT - 1),
}


def place(format_, folder):
    """A name for a file of the format; a streamed scene has a folder of its own."""
    return (
        folder / "streamed" / format_.suffix if format_.name == "lod" else folder / f"scene{format_.suffix}"
    )


def assert_finite(splats):
    for name in ("means", "quats", "sh0", "shN"):
        assert np.isfinite(getattr(splats, name)).all(), name
    assert not np.isnan(splats.opacities).any()
    assert (splats.scales < 44).all()


def write_and_read(splats, format_, folder):
    path = place(format_, folder)
    written = write_scene(splats, path, CompressSettings())
    back = read_scene(path)
    assert len(back) == written.gaussians
    assert_finite(back)
    return back, written


@pytest.mark.parametrize("format_", PACKED, ids=lambda each: each.name)
def test_one_broken_gaussian_costs_only_itself(tmp_path, format_):
    for case, (name, value, left) in VALUES.items():
        splats = random_splats(COUNT, 3)
        getattr(splats, name)[3] = value
        _, written = write_and_read(splats, format_, tmp_path)
        assert written.gaussians == left, case
        assert written.left_out.total == COUNT - left, case


@pytest.mark.parametrize("format_", FORMATS, ids=lambda each: each.name)
def test_one_gaussian_and_equal_gaussians(tmp_path, format_):
    one = random_splats(1, 3)
    back, _ = write_and_read(one, format_, tmp_path)
    np.testing.assert_allclose(back.means, one.means, atol=1e-3)
    equal = one.select(np.zeros(1000, np.intp))
    back, _ = write_and_read(equal, format_, tmp_path)
    np.testing.assert_allclose(back.means, equal.means, atol=1e-3)
    # A .sog may name the axes in another order.
    np.testing.assert_allclose(np.sort(back.scales, axis=1), np.sort(equal.scales, axis=1), atol=0.04)


@pytest.mark.parametrize("format_", PACKED, ids=lambda each: each.name)
@pytest.mark.parametrize("broken", [0, 5])
def test_without_a_gaussian_to_show_there_is_no_file(tmp_path, format_, broken):
    splats = random_splats(broken, 3)
    splats.means[:] = np.nan
    with pytest.raises(InputError, match=r"no Gaussians|none of 5 Gaussians can be shown"):
        write_scene(splats, place(format_, tmp_path), CompressSettings())
    assert not [each for each in tmp_path.rglob("*") if each.is_file()]


def test_a_ply_keeps_what_is_broken(tmp_path):
    splats = random_splats(COUNT, 3)
    splats.means[3] = np.nan
    assert write_scene(splats, tmp_path / "a.ply", CompressSettings()).gaussians == COUNT
    np.testing.assert_array_equal(read_scene(tmp_path / "a.ply").means, splats.means)
