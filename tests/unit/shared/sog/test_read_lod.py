"""Streamed SOGs: the finest level of every region, from one file or several."""

import json
import zipfile
from dataclasses import replace

import numpy as np
import pytest

from components.compress.settings import CompressSettings
from components.compress.write_sog import write_sog
from components.shared.errors import InputError
from components.shared.sog.read_sog import read_sog
from tests.unit.shared.sog.sog_scenes import random_splats


@pytest.fixture(scope="module")
def units(tmp_path_factory):
    """Folders of unbundled SOGs, and the Gaussians in each: two of the finest level, one coarse, a sky."""
    folder = tmp_path_factory.mktemp("units")
    found = {}
    for index, (name, count, coefficients) in enumerate(
        [("0_0", 200, 3), ("0_1", 100, 0), ("1_0", 50, 3), ("env", 30, 0)]
    ):
        splats = random_splats(count, coefficients)
        write_sog(
            replace(splats, means=splats.means + 100 * index), folder / f"{name}.sog", CompressSettings()
        )
        with zipfile.ZipFile(folder / f"{name}.sog") as archive:
            archive.extractall(folder / "scene" / name)
        found[name] = read_sog(folder / f"{name}.sog")
    return folder / "scene", found


def leaf(**levels):
    """A region; each level has file, offset and count."""
    keys = ("file", "offset", "count")
    return {"lods": {level[1:]: dict(zip(keys, values, strict=True)) for level, values in levels.items()}}


TREE = {
    "children": [
        leaf(_0=(0, 0, 120), _1=(2, 0, 25)),
        {"children": [leaf(_0=(0, 150, 50), _1=(2, 25, 25)), leaf(_1=(1, 0, 100))]},
    ]
}
NAMES = ["0_0/meta.json", "0_1/meta.json", "1_0/meta.json"]


def write_index(folder, **changes):
    index = {"version": 1, "lodLevels": 2, "filenames": NAMES, "tree": TREE} | changes
    (folder / "lod-meta.json").write_text(json.dumps(index))
    return folder


def test_the_finest_level_of_every_region_is_read(units):
    folder, found = units
    splats = read_sog(write_index(folder))
    chosen = [*found["0_0"].means[:120], *found["0_0"].means[150:], *found["0_1"].means]
    np.testing.assert_array_equal(splats.means, chosen)
    # The second file has no view-dependent color: zeros.
    np.testing.assert_array_equal(splats.shN[:120], found["0_0"].shN[:120])
    assert splats.shN.shape == (270, 3, 3)
    assert not splats.shN[170:].any()
    assert splats.notes == ("it is a streamed scene, of which the finest level is read",)
    np.testing.assert_array_equal(read_sog(folder / "lod-meta.json").means, splats.means)


def test_an_environment_belongs_to_the_scene(units):
    folder, found = units
    splats = read_sog(write_index(folder, environment="env/meta.json"))
    assert len(splats) == 300
    np.testing.assert_array_equal(splats.means[270:], found["env"].means)


def test_a_zip_of_the_folder_reads_alike(units, tmp_path):
    folder, _ = units
    expected = read_sog(write_index(folder))
    with zipfile.ZipFile(tmp_path / "scene.zip", "w") as archive:
        for path in folder.rglob("*.*"):
            archive.write(path, f"scene/{path.relative_to(folder)}")
    np.testing.assert_array_equal(read_sog(tmp_path / "scene.zip").means, expected.means)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"filenames": "0_0/meta.json"}, "names no files"),
        ({"filenames": NAMES[:1]}, "asks for file 1 of 1"),
        ({"filenames": ["../x/meta.json", *NAMES[1:]]}, "only files beside the index, or below, are read"),
        ({"filenames": ["none/meta.json", *NAMES[1:]]}, "meta.json is missing"),
        ({"tree": []}, "invalid tree"),
        ({"tree": {"children": {}}}, "has no Gaussians"),
        ({"tree": {"children": 7}}, "invalid tree"),
        ({"tree": {}}, "has no Gaussians"),
        ({"tree": leaf(_0=(0, 150, 51))}, "0_0/meta.json has 200 Gaussians; 201 are expected"),
        ({"tree": leaf(_0=(0, -1, 5))}, "region with offset -1"),
        ({"tree": {"lods": {"0": 5}}}, "region with file None"),
        ({"tree": leaf(_0=(0, 0, True))}, "region with count True"),
    ],
)
def test_a_damaged_index_is_an_error(units, changes, message):
    with pytest.raises(InputError, match=message):
        read_sog(write_index(units[0], **changes))
