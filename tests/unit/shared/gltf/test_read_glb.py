"""Files by the standard, what others may write, and damaged ones."""

import copy
import struct

import numpy as np
import pytest

import components.shared.gltf.read_glb as read_glb_module
from components.shared.errors import InputError
from components.shared.gltf.read_glb import read_glb
from components.shared.gltf.write_glb import write_glb
from components.shared.move_splats import HALF_TURN_Z, rotate_sh, rotate_splats, unit_quats
from tests.unit.shared.gltf.glb_files import EXTENSION, attributes, document, glb
from tests.unit.shared.sog.sog_scenes import random_splats


def read(data, folder):
    path = folder / "scene.bin"
    path.write_bytes(data)
    return read_glb(path)


def changed(change):
    """A file whose JSON `change` has altered."""
    values, binary = document(attributes())
    change(values)
    return glb(values, binary)


def test_values_of_the_standard_are_ours(tmp_path):
    splats = read(glb(*document(attributes())), tmp_path)
    # x left, y up, z forward becomes x right, y down, z forward.
    np.testing.assert_allclose(splats.means, [[-1, -2, 3], [-2, -4, 6]])
    np.testing.assert_allclose(splats.scales, -1, rtol=1e-6)
    np.testing.assert_allclose(splats.opacities, 0, atol=1e-6)
    np.testing.assert_allclose(splats.sh0, [[1.5, 0, 0]] * 2)
    np.testing.assert_allclose(np.abs(splats.quats), [[0, 0, 0, 1]] * 2)
    assert splats.shN.shape == (2, 0, 3)
    assert splats.notes == ()


@pytest.mark.parametrize(("degree", "rest"), [(1, [1, 2, 3]), (2, [1, 2, 3, 2, 3, 4, 5, 6])])
def test_coefficients_come_degree_by_degree(tmp_path, degree, rest):
    splats = read(glb(*document(attributes(degree=degree))), tmp_path)
    expected = np.repeat(np.array(rest, np.float32)[None, :, None], 3, axis=2)
    np.testing.assert_array_equal(splats.shN[:1], rotate_sh(expected, HALF_TURN_Z))


@pytest.mark.parametrize("coefficients", [0, 3, 8, 15])
def test_what_is_written_is_read(tmp_path, coefficients):
    splats = random_splats(100, coefficients)
    write_glb(splats, tmp_path / "a.glb")
    back = read_glb(tmp_path / "a.glb")
    for name in ("means", "sh0", "shN"):
        np.testing.assert_array_equal(getattr(back, name), getattr(splats, name), err_msg=name)
    np.testing.assert_allclose(back.scales, splats.scales, atol=1e-6)
    np.testing.assert_allclose(back.opacities, splats.opacities, atol=1e-3)
    cosines = np.abs(np.sum(unit_quats(back.quats) * unit_quats(splats.quats), axis=1))
    assert cosines.min() > 1 - 1e-6


def test_points_have_the_colors_in_linear_light(tmp_path):
    splats = random_splats(1, 0)
    splats.sh0[:] = [0.0, 10.0, -10.0]
    write_glb(splats, tmp_path / "a.glb")
    data = (tmp_path / "a.glb").read_bytes()
    start = 12 + 8 + struct.unpack_from("<I", data, 12)[0] + 8
    assert list(data[start + 12 : start + 15]) == [55, 255, 0]  # display gray of 0.5 is 0.214


def test_integers_that_are_normalized_are_fractions(tmp_path):
    values = attributes()
    values[f"{EXTENSION}:OPACITY"] = np.array([[51], [255]], "u1")
    values[f"{EXTENSION}:ROTATION"] = np.array([[0, 0, 0, 127], [-128, 0, 0, 0]], "i1")
    splats = read(glb(*document(values, (f"{EXTENSION}:OPACITY", f"{EXTENSION}:ROTATION"))), tmp_path)
    np.testing.assert_allclose(splats.opacities[0], np.log(0.2 / 0.8), rtol=1e-5)
    assert splats.opacities[1] > 10
    np.testing.assert_allclose(np.abs(splats.quats[1]), [0, 0, 1, 0])  # x, turned around z


def test_nodes_turn_enlarge_and_move(tmp_path):
    def change(values):
        half = np.sqrt(0.5)
        values["scenes"] = [{"nodes": [1]}]
        values["nodes"] = [
            {"mesh": 0, "rotation": [0, 0, half, half]},
            {"children": [0], "scale": [2, 2, 2], "translation": [10, 0, 0]},
        ]

    splats = read(changed(change), tmp_path)
    # A quarter turn around z: (1, 2, 3) to (-2, 1, 3), twice as large, then moved, then to our axes.
    np.testing.assert_allclose(splats.means[0], [-6, -2, 6], atol=1e-5)
    np.testing.assert_allclose(splats.scales, -1 + np.log(2), rtol=1e-5)


def test_a_matrix_is_read_by_columns_and_turns_harmonics(tmp_path):
    original = random_splats(50, 15)
    write_glb(original, tmp_path / "a.glb")
    write_glb(rotate_splats(original, unit_quats(np.array([[4, 1, 2, 3.0]]))[0]), tmp_path / "turned.glb")
    w, x, y, z = unit_quats(np.array([[4, -1, -2, 3.0]]))[0]  # the same turn in glTF's axes
    rotation = np.array(
        [
            [1 - 2 * (y * y + z * z), 2 * (x * y - w * z), 2 * (x * z + w * y), 0],
            [2 * (x * y + w * z), 1 - 2 * (x * x + z * z), 2 * (y * z - w * x), 0],
            [2 * (x * z - w * y), 2 * (y * z + w * x), 1 - 2 * (x * x + y * y), 0],
            [0, 0, 0, 1],
        ]
    )
    data = (tmp_path / "a.glb").read_bytes()
    size = struct.unpack_from("<I", data, 12)[0]
    import json

    values = json.loads(data[20 : 20 + size])
    values["nodes"] = [{"mesh": 0, "matrix": rotation.T.ravel().tolist()}]
    ours = read(glb(values, data[28 + size :]), tmp_path)
    expected = read_glb(tmp_path / "turned.glb")
    for name in ("means", "shN"):
        np.testing.assert_allclose(getattr(ours, name), getattr(expected, name), atol=1e-5, err_msg=name)
    assert np.abs(np.sum(unit_quats(ours.quats) * unit_quats(expected.quats), axis=1)).min() > 1 - 1e-6


def test_all_primitives_are_joined(tmp_path):
    def change(values):
        values["meshes"][0]["primitives"] *= 2

    assert len(read(changed(change), tmp_path)) == 4


def test_elements_may_lie_apart(tmp_path):
    values, _ = document(attributes(1))
    rows = np.zeros((2, 14), "f4")
    rows[:, :3], rows[:, 6], rows[:, 7:10], rows[:, 10], rows[1, :3] = [1, 2, 3], 1, 0.5, 0.5, [4, 5, 6]
    values["bufferViews"] = [{"buffer": 0, "byteLength": 112, "byteStride": 56}]
    for accessor, start in zip(values["accessors"], (0, 3, 7, 10, 11), strict=True):
        accessor |= {"bufferView": 0, "byteOffset": 4 * start, "count": 2}
    values["buffers"][0]["byteLength"] = 112
    np.testing.assert_allclose(read(glb(values, rows.tobytes()), tmp_path).means, [[-1, -2, 3], [-4, -5, 6]])


def test_another_color_space_is_noted(tmp_path):
    def change(values):
        values["meshes"][0]["primitives"][0]["extensions"][EXTENSION]["colorSpace"] = "lin_rec709_display"

    assert "lin_rec709_display" in read(changed(change), tmp_path).notes[0]


def primitive(values):
    return values["meshes"][0]["primitives"][0]


CHANGES = {
    "no position": (lambda v: primitive(v)["attributes"].pop("POSITION"), "lacks POSITION"),
    "half a degree": (
        lambda v: primitive(v)["attributes"].update({f"{EXTENSION}:SH_DEGREE_1_COEF_1": 0}),
        "lacks .*SH_DEGREE_1_COEF_0",
    ),
    "counts differ": (lambda v: v["accessors"][3].update(count=1), "OPACITY has 1 values of 1"),
    "billions": (lambda v: v["accessors"][0].update(count=2**31), "2,147,483,648 elements of 12 bytes"),
    "huge": (lambda v: v["accessors"][0].update(count=1e300), "must be a whole number"),
    "negative": (lambda v: v["accessors"][0].update(count=-1), "count of an accessor is -1"),
    "stride 1": (lambda v: v["bufferViews"][0].update(byteStride=1), "12 bytes, 1 apart"),
    "view": (lambda v: v["bufferViews"][0].update(byteLength=10**9), "byteLength is 1000000000"),
    "offset": (lambda v: v["bufferViews"][0].update(byteOffset=10**9), "byteOffset is 1000000000"),
    "index": (lambda v: primitive(v)["attributes"].update(POSITION=99), "an index into accessors is 99"),
    "no index": (lambda v: primitive(v)["attributes"].update(POSITION="0"), "an index into accessors is 0"),
    "type": (lambda v: v["accessors"][0].update(type="MAT4"), "type MAT4"),
    "component": (lambda v: v["accessors"][0].update(componentType=1), "VEC3 of 1"),
    "sparse": (lambda v: v["accessors"][0].update(sparse={}), "is sparse or compressed"),
    "meshopt": (
        lambda v: v["bufferViews"][0].update(extensions={"EXT_meshopt_compression": {}}),
        "compressed",
    ),
    "uri": (lambda v: v["buffers"][0].update(uri="../../etc/passwd"), "in another file"),
    "spz": (
        lambda v: primitive(v)["extensions"][EXTENSION].update(
            extensions={f"{EXTENSION}_compression_spz_2": {"bufferView": 0}}
        ),
        "need KHR_gaussian_splatting_compression_spz_2",
    ),
    "kernel": (lambda v: primitive(v)["extensions"][EXTENSION].update(kernel="box"), "need box"),
    "cycle": (lambda v: v["nodes"][0].update(children=[0]), "reached twice"),
    "mirror": (lambda v: v["nodes"][0].update(scale=[-1, 1, 1]), "mirrors its Gaussians"),
    "stretch": (lambda v: v["nodes"][0].update(scale=[1, 2, 1]), "scales them by 1, 2, 1"),
    "zero": (lambda v: v["nodes"][0].update(scale=[0, 0, 0]), "mirrors"),
    "transform": (lambda v: v["nodes"][0].update(matrix=[1] * 15), "no 16 numbers"),
    "infinite": (lambda v: v["nodes"][0].update(translation=[1e400, 0, 0]), "no 3 numbers"),
    "mesh": (lambda v: primitive(v).pop("extensions"), "it has no Gaussians"),
    "empty scene": (lambda v: v.update(scenes=[{}]), "it has no Gaussians"),
    "no lists": (lambda v: v.update(nodes=5), "an index into nodes is 0"),
}


@pytest.mark.parametrize("name", CHANGES)
def test_a_document_that_lies_is_refused_with_the_value(tmp_path, name):
    change, message = CHANGES[name]
    with pytest.raises(InputError, match=message) as caught:
        read(changed(change), tmp_path)
    assert caught.value.message.startswith("scene.bin: ")


def test_one_mesh_shown_again_and_again_is_refused(tmp_path):
    values, binary = document(attributes())
    values["meshes"][0]["primitives"] *= 10_000
    with pytest.raises(InputError, match="shows 20 Gaussians or more in 10 primitives, of 112 bytes"):
        read(glb(values, binary), tmp_path)


def test_many_primitives_without_gaussians_are_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(read_glb_module, "_MAX_PARTS", 5)
    values, binary = document(attributes())
    for accessor in values["accessors"]:
        accessor["count"] = 0
    values["meshes"][0]["primitives"] *= 50
    with pytest.raises(InputError, match="in 6 primitives"):
        read(glb(values, binary), tmp_path)


def test_every_truncated_file_is_refused(tmp_path):
    data = glb(*document(attributes()))
    for size in range(4, len(data), 7):
        with pytest.raises(InputError):
            read(data[:size], tmp_path)


@pytest.mark.parametrize("text", [b"[" * 100_000, b"{", b"[]", b"\xff\xfe", b"nul", b'{"nodes": [[]]}'])
def test_json_that_is_none_is_refused(tmp_path, text):
    text += b" " * (-len(text) % 4)
    data = struct.pack("<4sII", b"glTF", 2, 20 + len(text)) + struct.pack("<I4s", len(text), b"JSON") + text
    with pytest.raises(InputError):
        read(data, tmp_path)


def test_other_versions_and_chunks_are_named(tmp_path):
    data = glb(*document(attributes()))
    with pytest.raises(InputError, match="glTF of version 1"):
        read(data[:4] + struct.pack("<I", 1) + data[8:], tmp_path)
    with pytest.raises(InputError, match="chunk of type"):
        read(data.replace(b"JSON", b"MESH", 1), tmp_path)


def test_a_file_without_scenes_shows_its_roots(tmp_path):
    values, binary = document(attributes())
    values = copy.deepcopy(values)
    del values["scenes"], values["scene"]
    values["nodes"] = [{"mesh": 0, "translation": [1, 0, 0]}, {"children": [0], "translation": [1, 0, 0]}]
    np.testing.assert_allclose(read(glb(values, binary), tmp_path).means[0], [-3, -2, 3])
