"""A streamed SOG: complete levels, references into files, bounds."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest

from components.compress.lod.levels import build_levels, level_count
from components.compress.lod.moments import half_extents
from components.compress.lod.write_lod import write_lod
from components.compress.settings import CompressSettings
from components.shared.errors import InputError
from components.shared.sog.read_sog import read_sog
from components.shared.splats import Splats
from tests.toy_world import toy_splats

SETTINGS = CompressSettings(device="cpu")


def glossy(count: int) -> Splats:
    splats = toy_splats(count)
    shine = np.random.default_rng(1).normal(0.0, 0.1, (len(splats), 3, 3)).astype(np.float32)
    return replace(splats, shN=shine)


@pytest.fixture(scope="module")
def splats() -> Splats:
    return glossy(4000)


@pytest.fixture(scope="module")
def folder(splats, tmp_path_factory):
    folder = tmp_path_factory.mktemp("streamed") / "scene"
    write_lod(splats, folder, SETTINGS, most_in_leaf=600, most_in_file=1200)
    return folder


@pytest.fixture(scope="module")
def index(folder):
    return json.loads((folder / "lod-meta.json").read_text())


def leaves(node):
    return [node] if "lods" in node else [leaf for child in node["children"] for leaf in leaves(child)]


def test_the_finest_level_is_the_scene(folder, splats):
    again = read_sog(folder)
    assert len(again) == len(splats)
    ours, theirs = (each.select(np.lexsort(np.rint(each.means * 50).T)) for each in (again, splats))
    np.testing.assert_allclose(ours.means.mean(axis=0), theirs.means.mean(axis=0), atol=1e-3)
    distances = np.linalg.norm(again.means[:, None] - splats.means[None, ::7], axis=2).min(axis=0)
    assert distances.max() < 2e-4


def test_every_leaf_has_every_level(index):
    assert len(leaves(index["tree"])) == 8
    for leaf in leaves(index["tree"]):
        assert list(leaf["lods"]) == ["0", "1"]
        assert all(reference["count"] > 0 for reference in leaf["lods"].values())


def test_references_fill_the_files_without_gaps(index, folder):
    ranges = {}
    for leaf in leaves(index["tree"]):
        for level, reference in leaf["lods"].items():
            assert index["filenames"][reference["file"]].startswith(f"{level}_")
            ranges.setdefault(reference["file"], []).append((reference["offset"], reference["count"]))
    for file, parts in ranges.items():
        end = 0
        for offset, count in sorted(parts):
            assert offset == end
            end = offset + count
        assert len(read_sog(folder / index["filenames"][file])) == end
        assert end <= 1200
    assert len(ranges) == len(index["filenames"]) == 6


def test_counts_are_those_of_the_levels(index):
    assert index["version"] == 1
    assert index["lodLevels"] == 2
    assert index["counts"][0] == 4000
    assert index["counts"][1] == pytest.approx(4000 / 3, abs=8)
    assert index["count"] == sum(index["counts"])


def test_bounds_hold_their_gaussians(index, folder):
    def check(node, low, high):
        own_low, own_high = (np.array(node["bound"][side]) for side in ("min", "max"))
        assert (own_low >= low - 1e-6).all()
        assert (own_high <= high + 1e-6).all()
        for child in node.get("children", []):
            check(child, own_low, own_high)
        for reference in node.get("lods", {}).values():
            unit = read_sog(folder / index["filenames"][reference["file"]])
            start = reference["offset"]
            part = unit.select(np.arange(start, start + reference["count"]))
            reach = half_extents(part)
            assert (part.means - 0.9 * reach >= own_low - 2e-3).all()
            assert (part.means + 0.9 * reach <= own_high + 2e-3).all()

    check(index["tree"], -np.inf, np.inf)


def test_equal_scenes_give_equal_bytes(splats, folder, tmp_path):
    write_lod(splats, tmp_path / "again", SETTINGS, most_in_leaf=600, most_in_file=1200)
    names = sorted(path.relative_to(folder) for path in folder.rglob("*") if path.is_file())
    assert len(names) == 1 + 6 * 8
    for name in names:
        assert (folder / name).read_bytes() == (tmp_path / "again" / name).read_bytes(), name


def test_one_gaussian_is_a_streamed_scene(tmp_path):
    one = glossy(4).select(np.array([1]))
    counts = write_lod(one, tmp_path / "one", SETTINGS)
    assert counts == [1, 1]
    np.testing.assert_allclose(read_sog(tmp_path / "one").means, one.means, atol=1e-4)


def test_an_earlier_scene_is_replaced_and_nothing_else(splats, tmp_path):
    few = splats.select(np.arange(50))
    write_lod(splats, tmp_path / "scene", SETTINGS, most_in_leaf=600, most_in_file=1200)
    write_lod(few, tmp_path / "scene", SETTINGS)
    assert sorted(path.name for path in (tmp_path / "scene").iterdir()) == ["0_0", "1_0", "lod-meta.json"]
    (tmp_path / "photos").mkdir()
    (tmp_path / "photos" / "a.jpg").touch()
    with pytest.raises(InputError, match=r"photos holds a\.jpg"):
        write_lod(few, tmp_path / "photos", SETTINGS)
    assert (tmp_path / "photos" / "a.jpg").exists()


def test_levels_follow_the_size_of_the_scene():
    assert [level_count(count) for count in (1, 250_000, 1_000_000, 16_000_000)] == [2, 2, 4, 6]


def test_levels_stay_within_their_leaves():
    splats = toy_splats(2000)
    tree, levels = build_levels(splats, 500)
    finest, coarser = levels
    assert len(finest) == len(coarser) == 4
    for fine, coarse in zip(finest, coarser, strict=True):
        assert len(coarse) == -(-len(fine) // 3)
        assert (coarse.means >= fine.means.min(axis=0) - 1e-6).all()
        assert (coarse.means <= fine.means.max(axis=0) + 1e-6).all()
    assert tree is not None
