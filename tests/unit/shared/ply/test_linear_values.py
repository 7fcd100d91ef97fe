"""Sizes and opacities in place of logarithms and logits: certain, doubtful, and ordinary scenes."""

import numpy as np
import pytest

from components.shared.ply.read_ply import read_ply
from components.shared.splats import opacities_of_logits
from tests.unit.shared.ply.ply_files import columns, ply

SCALES = ("scale_0", "scale_1", "scale_2")


def scene(**changed):
    """Columns of 200 Gaussians in a box of some units."""
    values = columns(200)
    rng = np.random.default_rng(4)
    sizes = rng.uniform(0.002, 0.3, (200, 3))
    alphas = rng.uniform(0.02, 1.0, 200)
    values |= {name: np.log(sizes[:, i]) for i, name in enumerate(SCALES)}
    values["opacity"] = np.log(alphas / (1 - alphas))
    linear = {"scales": {name: sizes[:, i] for i, name in enumerate(SCALES)}, "opacity": {"opacity": alphas}}
    return values, linear


def read(tmp_path, values, dropped=()):
    path = tmp_path / "scene.ply"
    path.write_bytes(ply({name: each for name, each in values.items() if name not in dropped}))
    return read_ply(path)


def test_linear_scales_and_opacities_are_the_same_scene(tmp_path):
    values, linear = scene()
    expected = read(tmp_path, values)
    found = read(tmp_path, values | linear["scales"] | linear["opacity"])
    np.testing.assert_allclose(found.scales, expected.scales, atol=1e-5)
    np.testing.assert_allclose(found.opacities, expected.opacities, atol=1e-3)
    assert expected.notes == ()
    assert len(found.notes) == 1
    assert found.notes[0].startswith("its scales are sizes and its opacities lie from 0 to 1")


def test_two_linear_scales_are_flat_gaussians(tmp_path):
    values, linear = scene()
    found = read(tmp_path, values | linear["scales"] | linear["opacity"], dropped=("scale_2",))
    np.testing.assert_allclose(found.scales[:, 0], values["scale_0"], atol=1e-5)
    assert np.isneginf(found.scales[:, 2]).all()


@pytest.mark.parametrize(
    ("part", "words"),
    [("opacity", "its opacities lie from 0 to 1"), ("scales", "wider than a quarter of the scene")],
)
def test_one_of_both_alone_is_left_as_it_is_and_noted(tmp_path, part, words):
    values, linear = scene()
    values |= {axis: values[axis] * 0.1 for axis in "xyz"}
    found = read(tmp_path, values | linear[part])
    np.testing.assert_array_equal(found.opacities, np.float32((values | linear[part])["opacity"]))
    np.testing.assert_array_equal(found.scales[:, 0], np.float32((values | linear[part])["scale_0"]))
    assert len(found.notes) == 1
    assert words in found.notes[0]


def test_opacities_that_are_bytes(tmp_path):
    values, linear = scene()
    path = tmp_path / "scene.ply"
    path.write_bytes(
        ply(values | {"opacity": np.rint(linear["opacity"]["opacity"] * 255)}, kinds={"opacity": "uchar"})
    )
    found = read_ply(path)
    np.testing.assert_allclose(opacities_of_logits(found.opacities), linear["opacity"]["opacity"], atol=0.003)
    assert found.notes == ("its opacities are bytes: used as opacities from 0 to 255, not as logits",)


def test_what_is_lost_in_coordinates_of_a_map_is_noted(tmp_path):
    values, _ = scene()
    note = (
        "it lies 5,200,000 from the origin, where its positions are multiples of 0.5: move it to the origin "
    )
    assert read(tmp_path, values | {"y": values["y"] + 5.2e6}).notes == (note + "before it is exported",)
    assert read(tmp_path, values | {"y": values["y"] * 1e5 + 5.2e6}).notes == ()


def test_a_scene_in_millimetres_is_ordinary(tmp_path):
    values, linear = scene()
    values |= {axis: values[axis] * 1000 for axis in "xyz"}
    assert (
        read(tmp_path, values | {name: np.log(linear["scales"][name] * 1000) for name in SCALES}).notes == ()
    )
