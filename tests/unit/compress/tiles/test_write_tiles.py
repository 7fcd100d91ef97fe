"""A tileset, read as a viewer reads it."""

from __future__ import annotations

import json

import numpy as np
import pytest

from components.compress.settings import CompressSettings
from components.compress.tiles.earth import ecef_from_scene
from components.compress.tiles.write_tiles import write_tiles
from components.compress.write_exports import write_exports
from components.shared.contracts.capture import Gps
from components.shared.contracts.scene import Georeference, GeoreferenceKind, GeoreferenceUnit
from components.shared.gltf.read_glb import read_glb
from tests.scene_info import scene_info
from tests.toy_world import toy_splats

UP_OF_SCENE = ((2.0, 0.0, 0.0, 0.0), (0.0, 0.0, 2.0, 0.0), (0.0, -2.0, 0.0, 0.0), (0.0, 0.0, 0.0, 1.0))
"""Metres east, north and up of a scene with y down and z north, whose unit is 2 m."""


@pytest.fixture(scope="module")
def world():
    origin = Gps(latitude=47.1, longitude=8.5, altitude_m=500.0)
    georeference = Georeference(
        kind=GeoreferenceKind.WGS84_ENU, unit=GeoreferenceUnit.METRE, origin=origin, positions=5
    )
    return scene_info().world.replace(georeference=georeference, capture_from_scene=UP_OF_SCENE)


@pytest.fixture(scope="module")
def folder(world, tmp_path_factory):
    folder = tmp_path_factory.mktemp("tiles") / "tiles"
    write_tiles(toy_splats(2000), folder, world, most_in_leaf=600)
    return folder


@pytest.fixture(scope="module")
def tileset(folder):
    return json.loads((folder / "tileset.json").read_text())


def positions_on_earth(tileset, folder, name):
    """As a viewer has them: glTF's y up becomes z up, then the root's transform, column by column."""
    turned = read_raw_positions(folder / name) @ np.array([[1, 0, 0], [0, 0, -1], [0, 1, 0]]).T
    matrix = np.array(tileset["root"]["transform"]).reshape(4, 4).T
    return turned, turned @ matrix[:3, :3].T + matrix[:3, 3]


def read_raw_positions(path):
    data = path.read_bytes()
    length = int.from_bytes(data[12:16], "little")
    document = json.loads(data[20 : 20 + length])
    (primitive,) = document["meshes"][0]["primitives"]
    assert "KHR_gaussian_splatting" in primitive["extensions"]
    assert "matrix" not in document["nodes"][0]
    accessor = document["accessors"][primitive["attributes"]["POSITION"]]
    start = 28 + length + document["bufferViews"][accessor["bufferView"]]["byteOffset"]
    return np.frombuffer(data, "<f4", 3 * accessor["count"], start).reshape(-1, 3).astype(np.float64)


def test_finest_contents_are_the_scene_at_its_place(tileset, folder, world):
    finest = sorted(folder.glob("0_*.glb"))
    assert len(finest) == 4
    found = np.concatenate([positions_on_earth(tileset, folder, each.name)[1] for each in finest])
    matrix = ecef_from_scene(world)
    expected = toy_splats(2000).means @ matrix[:3, :3].T + matrix[:3, 3]
    order, order_expected = (np.lexsort(np.rint(each * 1e3).T) for each in (found, expected))
    np.testing.assert_allclose(found[order], expected[order_expected], atol=1e-3)


def test_up_points_away_from_the_earth(tileset):
    matrix = np.array(tileset["root"]["transform"]).reshape(4, 4).T
    up = matrix[:3, 2] / np.linalg.norm(matrix[:3, 2])
    assert up @ matrix[:3, 3] / np.linalg.norm(matrix[:3, 3]) > 0.999
    assert np.linalg.norm(matrix[:3, 2]) == pytest.approx(2.0)


def chains(tileset):
    for tile in tileset["root"]["children"]:
        chain = [tile]
        while "children" in chain[-1]:
            (finer,) = chain[-1]["children"]
            chain.append(finer)
        yield chain


def test_levels_get_finer_and_replace_each_other(tileset, folder):
    assert tileset["asset"]["version"] == "1.1"
    assert tileset["root"]["refine"] == "REPLACE"
    for chain in chains(tileset):
        errors = [tile["geometricError"] for tile in chain]
        assert tileset["root"]["geometricError"] > errors[0] > errors[1] == 0.0
        counts = [len(read_glb(folder / tile["content"]["uri"])) for tile in chain]
        assert counts == [167, 500]


def test_boxes_hold_their_contents_and_children(tileset, folder):
    def limits(tile):
        box = np.array(tile["boundingVolume"]["box"])
        half = np.abs(box[3:].reshape(3, 3)).sum(axis=0)
        return box[:3] - half, box[:3] + half

    outer_low, outer_high = limits(tileset["root"])
    for chain in chains(tileset):
        for tile in chain:
            low, high = limits(tile)
            positions, _ = positions_on_earth(tileset, folder, tile["content"]["uri"])
            assert (positions >= low - 1e-6).all()
            assert (positions <= high + 1e-6).all()
            assert (low >= outer_low - 1e-9).all()
            assert (high <= outer_high + 1e-9).all()


def test_every_file_is_named_once(tileset, folder):
    named = [tile["content"]["uri"] for chain in chains(tileset) for tile in chain]
    assert sorted(named) == sorted(path.name for path in folder.glob("*.glb"))


def test_a_run_without_a_place_says_why_it_has_no_tiles(tmp_path, world):
    settings = CompressSettings(device="cpu", formats="tiles")
    there = write_exports(toy_splats(100), tmp_path / "a", settings, world=world)
    assert there.bytes == {"tiles": sum(path.stat().st_size for path in (tmp_path / "a/tiles").iterdir())}
    for unplaced in (None, scene_info().world):
        nowhere = write_exports(toy_splats(100), tmp_path / "b", settings, world=unplaced)
        assert nowhere.bytes == {}
        assert "GPS" in nowhere.left_out["tiles"]
    assert list((tmp_path / "b").iterdir()) == []
