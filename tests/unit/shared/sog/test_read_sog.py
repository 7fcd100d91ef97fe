"""Version 2: what `write_sog` writes is read, and damaged files are errors that name file and cause."""

import io
import json
import zipfile

import numpy as np
import pytest
from PIL import Image

from components.compress.settings import CompressSettings
from components.compress.write_sog import write_sog
from components.shared.errors import InputError
from components.shared.sog.read_sog import read_sog
from components.shared.sog.textures import encode_texture
from tests.unit.shared.sog.sog_scenes import change_meta, random_splats, read_files, write_files


@pytest.fixture(scope="module")
def sog(tmp_path_factory):
    path = tmp_path_factory.mktemp("sog") / "scene.sog"
    write_sog(random_splats(500, 3), path, CompressSettings())
    return path


@pytest.mark.parametrize("part", [0, 100, 0.5, 0.99])
def test_a_part_of_a_file_is_an_error(sog, tmp_path, part):
    data = sog.read_bytes()
    (tmp_path / "part.sog").write_bytes(data[: part if isinstance(part, int) else int(len(data) * part)])
    with pytest.raises(
        InputError, match=r"part.sog(: it is no zip, or incomplete| is an empty file)"
    ) as error:
        read_sog(tmp_path / "part.sog")
    assert "ownload it" in error.value.remedy


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"version": 3}, "meta.json says version 3; versions 1 and 2 can be read"),
        ({"version": "two"}, r'version in meta.json is "two"'),
        ({"count": 10**9}, "count in meta.json is 1000000000"),
        ({"count": "many"}, r'count in meta.json is "many"'),
        ({"count": 0}, "count in meta.json is 0; it must be a whole number from 1"),
        ({"count": 50_000}, "too few for 50,000 Gaussians"),
        ({"means": None}, "meta.json has no section means"),
        ({"scales": None}, "meta.json has no section scales"),
        ({"means": {"mins": [0, 0]}}, "means.mins in meta.json"),
        ({"quats": {"files": ["elsewhere.webp"]}}, "elsewhere.webp is missing"),
        ({"scales": {"codebook": [1.0] * 255}}, "scales.codebook in meta.json"),
        ({"shN": {"count": 65537}}, "shN.count in meta.json is 65537"),
        ({"shN": {"count": 65536}}, "entries of 3 coefficients; meta.json says 65,536 of 3"),
        ({"shN": {"bands": 2}}, "of 3 coefficients; meta.json says .* of 8"),
    ],
)
def test_a_wrong_meta_is_an_error(sog, tmp_path, change, message):
    with pytest.raises(InputError, match=f"bad.sog: .*{message}"):
        read_sog(change_meta(sog, tmp_path / "bad.sog", change))


@pytest.mark.parametrize(
    "name", ["meta.json", "means_l.webp", "quats.webp", "scales.webp", "sh0.webp", "shN_labels.webp"]
)
def test_a_missing_file_is_an_error(sog, tmp_path, name):
    files = read_files(sog)
    del files[name]
    with pytest.raises(InputError, match=f"{name} is missing|zip without {name}"):
        read_sog(write_files(files, tmp_path / "bad.sog"))


def test_a_label_beyond_the_palette_is_an_error(sog, tmp_path):
    labels = encode_texture(np.full((500, 4), 255, np.uint8))
    path = write_files(read_files(sog) | {"shN_labels.webp": labels}, tmp_path / "bad.sog")
    with pytest.raises(InputError, match=r"entry 65,535 of a palette of \d+ entries"):
        read_sog(path)


def test_a_texture_of_another_format_is_an_error(sog, tmp_path):
    path = write_files(read_files(sog) | {"sh0.webp": b"GIF89a"}, tmp_path / "bad.sog")
    with pytest.raises(InputError, match=r"sh0.webp is no WebP or PNG image"):
        read_sog(path)


def test_a_folder_reads_like_the_archive(sog, tmp_path):
    with zipfile.ZipFile(sog) as archive:
        archive.extractall(tmp_path / "folder")
    for path in (tmp_path / "folder", tmp_path / "folder" / "meta.json"):
        np.testing.assert_array_equal(read_sog(path).means, read_sog(sog).means)


def test_a_scene_without_view_dependent_color_has_no_coefficients(tmp_path):
    write_sog(random_splats(20, 0), tmp_path / "scene.sog", CompressSettings())
    assert read_sog(tmp_path / "scene.sog").shN.shape == (20, 0, 3)


def assert_same(splats, expected):
    for name in ("means", "quats", "scales", "opacities", "sh0", "shN"):
        np.testing.assert_array_equal(getattr(splats, name), getattr(expected, name), err_msg=name)


@pytest.mark.parametrize(
    "change",
    [
        {"count": 500.0},
        {"count": "500"},
        {"version": "2"},
        {"version": 2.0},
        {"extras": {"a": 1}, "asset": {"generator": "splat-transform v2.5.2"}, "antialias": True},
        {"model": "2dgs"},
        {"means": {"files": ["./means_l.webp", ".\\means_u.webp"]}},
        {"shN": {"bands": "1"}},
    ],
)
def test_what_other_tools_write_reads_alike(sog, tmp_path, change):
    assert_same(read_sog(change_meta(sog, tmp_path / "other.sog", change)), read_sog(sog))


@pytest.mark.parametrize("missing", [["count"], ["bands"], ["count", "bands"]])
def test_size_and_degree_of_the_palette_follow_from_its_texture(sog, tmp_path, missing):
    files = read_files(sog)
    meta = json.loads(files["meta.json"])
    for key in missing:
        del meta["shN"][key]
    path = write_files(files | {"meta.json": json.dumps(meta).encode()}, tmp_path / "other.sog")
    assert_same(read_sog(path), read_sog(sog))


@pytest.mark.parametrize("section", [None, {"bands": 0}])
def test_a_scene_may_say_that_it_has_no_view_dependent_color(sog, tmp_path, section):
    assert read_sog(change_meta(sog, tmp_path / "other.sog", {"shN": section})).sh_degree == 0


def test_pngs_in_place_of_webp_read_alike(sog, tmp_path):
    files, pngs = read_files(sog), {}
    for name, data in files.items():
        if name.endswith(".webp"):
            file = io.BytesIO()
            Image.open(io.BytesIO(data)).save(file, "PNG")
            pngs[name.replace(".webp", ".png")] = file.getvalue()
    meta = files["meta.json"].replace(b".webp", b".png")
    assert_same(read_sog(write_files({"meta.json": meta, **pngs}, tmp_path / "png.sog")), read_sog(sog))


@pytest.mark.parametrize("index", ["meta.json", "meta (1).json"])
def test_an_index_may_have_any_name(sog, tmp_path, index):
    folder = tmp_path / "folder"
    folder.mkdir()
    for name, data in read_files(sog).items():
        (folder / (index if name == "meta.json" else name)).write_bytes(data)
    assert_same(read_sog(folder / index), read_sog(sog))


def test_another_json_is_named_so(tmp_path):
    (tmp_path / "transforms.json").write_text('{"frames": []}')
    with pytest.raises(InputError, match=r"transforms.json: transforms.json is no meta.json of a SOG scene"):
        read_sog(tmp_path / "transforms.json")
