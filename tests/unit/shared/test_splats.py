from dataclasses import replace

import numpy as np
import pytest
from plyfile import PlyData, PlyElement

from components.shared.errors import InputError
from components.shared.ply.read_ply import read_ply
from components.shared.splats import Splats, ply_bytes, write_ply


def random_splats(count: int, rest: int) -> Splats:
    rng = np.random.default_rng(7)

    def draw(*shape: int) -> np.ndarray:
        return rng.normal(size=shape).astype(np.float32)

    return Splats(
        draw(count, 3), draw(count, 4), draw(count, 3), draw(count), draw(count, 3), draw(count, rest, 3)
    )


@pytest.mark.parametrize("rest", [0, 3, 8, 15])
def test_ply_round_trip_is_exact(tmp_path, rest):
    splats = random_splats(17, rest)
    write_ply(splats, tmp_path / "a.ply")
    back = read_ply(tmp_path / "a.ply")
    for name in ("means", "quats", "scales", "opacities", "sh0", "shN"):
        np.testing.assert_array_equal(getattr(back, name), getattr(splats, name), err_msg=name)
    assert back.sh_degree == {0: 0, 3: 1, 8: 2, 15: 3}[rest]


@pytest.mark.parametrize("antialiased", [False, True])
def test_the_ply_says_how_it_is_drawn(tmp_path, antialiased):
    splats = replace(random_splats(5, 3), antialiased=antialiased)
    write_ply(splats, tmp_path / "a.ply")
    assert read_ply(tmp_path / "a.ply").antialiased == antialiased
    assert splats.select(np.array([2])).antialiased == antialiased
    assert (b"comment SplatRenderMode: mip" in (tmp_path / "a.ply").read_bytes()) == antialiased
    assert ply_bytes(splats) == (tmp_path / "a.ply").stat().st_size


def test_ply_stores_f_rest_channel_by_channel(tmp_path):
    splats = random_splats(2, 3)
    write_ply(splats, tmp_path / "a.ply")
    vertices = PlyData.read(str(tmp_path / "a.ply"))["vertex"].data
    # All coefficients of red come first, as the reference implementation writes them.
    assert vertices["f_rest_1"][0] == splats.shN[0, 1, 0]
    assert vertices["f_rest_3"][0] == splats.shN[0, 0, 1]


def test_select_permutes_every_attribute():
    splats = random_splats(5, 8)
    order = np.array([4, 0, 2])
    picked = splats.select(order)
    assert len(picked) == 3
    np.testing.assert_array_equal(picked.shN, splats.shN[order])
    np.testing.assert_array_equal(picked.opacities, splats.opacities[order])


def test_a_point_cloud_is_refused_with_the_missing_properties(tmp_path):
    points = np.zeros(3, dtype=[("x", "<f4"), ("y", "<f4"), ("z", "<f4")])
    PlyData([PlyElement.describe(points, "vertex")]).write(str(tmp_path / "cloud.ply"))
    with pytest.raises(InputError, match="lacks opacity, f_dc_0") as caught:
        read_ply(tmp_path / "cloud.ply")
    assert "Gaussian" in caught.value.remedy


def test_text_is_no_ply(tmp_path):
    (tmp_path / "a.ply").write_text("hello")
    with pytest.raises(InputError, match=r"no scene of a known format"):
        read_ply(tmp_path / "a.ply")
