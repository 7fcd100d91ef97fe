"""Version 1: a scene of four Gaussians whose texels and values are known, and a real one."""

import json

import numpy as np
import pytest

from components.shared.errors import InputError
from components.shared.sog.read_sog import read_sog
from components.shared.sog.textures import encode_texture

QUAT_OF_Y = [128, 128, 128, 254]


def textures() -> dict[str, np.ndarray]:
    """The first of four Gaussians has all values at the lower limit, the second at the upper one."""
    palette = np.zeros((1, 64 * 3, 4), np.uint8)
    palette[0, 3:6, 0] = 255  # red of the three coefficients of entry 1
    return {
        "means_l.webp": np.array([[0, 0, 0, 255], [255, 255, 255, 255], [0] * 4, [0] * 4], np.uint8),
        "means_u.webp": np.array([[0, 0, 0, 255], [255, 255, 255, 255], [0] * 4, [0] * 4], np.uint8),
        "quats.webp": np.array([QUAT_OF_Y] * 4, np.uint8),
        "scales.webp": np.array([[0, 0, 0, 255], [255, 255, 255, 255], [0] * 4, [0] * 4], np.uint8),
        "sh0.webp": np.array([[0, 0, 0, 0], [255] * 4, [0] * 4, [0] * 4], np.uint8),
        "shN_centroids.webp": palette,
        "shN_labels.webp": np.array([[0, 0, 0, 255], [1, 0, 0, 255], [0] * 4, [0] * 4], np.uint8),
    }


META = {
    "means": {
        "shape": [4, 3],
        "mins": [0, -1, 0],
        "maxs": [float(np.log(3)), 1, 0],
        "files": ["means_l.webp", "means_u.webp"],
    },
    "scales": {"shape": [4, 3], "mins": [-9, -8, -7], "maxs": [-3, -2, -1], "files": ["scales.webp"]},
    "quats": {"shape": [4, 4], "files": ["quats.webp"]},
    "sh0": {"shape": [4, 1, 4], "mins": [-1, -2, -3, -4], "maxs": [1, 2, 3, 4], "files": ["sh0.webp"]},
    "shN": {"shape": [4, 3], "mins": -0.5, "maxs": 0.5, "files": ["shN_centroids.webp", "shN_labels.webp"]},
}


def write_v1(folder, meta=META):
    folder.mkdir()
    for name, texels in textures().items():
        (folder / name).write_bytes(encode_texture(texels))
    (folder / "meta.json").write_text(json.dumps(meta))
    return folder


def test_values_are_linear_between_the_limits(tmp_path):
    splats = read_sog(write_v1(tmp_path / "v1"))
    assert len(splats) == 4
    np.testing.assert_allclose(splats.means[0], [0, 1 - np.e, 0], rtol=1e-6)
    np.testing.assert_allclose(splats.means[1], [2, np.e - 1, 0], rtol=1e-6)
    np.testing.assert_array_equal(splats.scales[:2], [[-9, -8, -7], [-3, -2, -1]])
    np.testing.assert_array_equal(splats.sh0[:2], [[-1, -2, -3], [1, 2, 3]])
    np.testing.assert_array_equal(splats.opacities[:2], [-4, 4])  # logits, unlike in version 2
    np.testing.assert_allclose(splats.quats[0], [0, 0, 1, 0], atol=0.01)
    assert not splats.antialiased


def test_view_dependent_color_is_an_entry_of_the_palette(tmp_path):
    splats = read_sog(write_v1(tmp_path / "v1"))
    assert splats.sh_degree == 1
    np.testing.assert_array_equal(splats.shN[0], np.full((3, 3), -0.5))
    np.testing.assert_array_equal(splats.shN[1], [[0.5, -0.5, -0.5]] * 3)


def test_a_scene_without_a_palette_has_degree_0(tmp_path):
    meta = {name: section for name, section in META.items() if name != "shN"}
    assert read_sog(write_v1(tmp_path / "v1", meta)).sh_degree == 0


@pytest.mark.parametrize(
    ("section", "change", "message"),
    [
        ("means", {"shape": None}, r"shape\[0\] in meta.json is null"),
        ("means", {"shape": [400, 3]}, "too few for 400 Gaussians"),
        ("scales", {"mins": [1, 2]}, "scales.mins in meta.json"),
        ("sh0", {"maxs": [1, 2, 3]}, "sh0.maxs in meta.json"),
        ("shN", {"files": ["shN_labels.webp", "shN_labels.webp"]}, "4 texels wide; it must be one of"),
    ],
)
def test_a_wrong_meta_is_an_error(tmp_path, section, change, message):
    meta = META | {section: META[section] | change}
    with pytest.raises(InputError, match=message):
        read_sog(write_v1(tmp_path / "v1", meta))


@pytest.mark.slow
def test_a_real_scene_is_read(shared_data):
    splats = read_sog(shared_data / "splats" / "house_sog_v1")
    assert len(splats) == 1_183_744
    assert splats.sh_degree == 3
    np.testing.assert_allclose(np.linalg.norm(splats.quats[:1000], axis=1), 1.0, atol=1e-3)
    assert np.isfinite(splats.means).all()
    assert -12 < np.median(splats.scales) < 0
