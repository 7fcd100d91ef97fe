"""Version 2: what `write_sog` writes is read, and damaged files are errors that name file and cause."""

import zipfile

import numpy as np
import pytest

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
    with pytest.raises(InputError, match=r"part.sog: ") as error:
        read_sog(tmp_path / "part.sog")
    assert "download it or export it again" in error.value.remedy


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"version": 3}, "meta.json says version 3; versions 1 and 2 can be read"),
        ({"version": "2"}, "version in meta.json is '2'"),
        ({"count": 10**9}, "count in meta.json is 1000000000"),
        ({"count": "many"}, "count in meta.json is 'many'"),
        ({"count": 50_000}, "too few for 50,000 Gaussians"),
        ({"means": None}, "meta.json has no section means"),
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
    with pytest.raises(InputError, match=f"{name} is missing"):
        read_sog(write_files(files, tmp_path / "bad.sog"))


def test_a_label_beyond_the_palette_is_an_error(sog, tmp_path):
    labels = encode_texture(np.full((500, 4), 255, np.uint8))
    path = write_files(read_files(sog) | {"shN_labels.webp": labels}, tmp_path / "bad.sog")
    with pytest.raises(InputError, match=r"entry 65,535 of a palette of \d+ entries"):
        read_sog(path)


def test_a_texture_of_another_format_is_an_error(sog, tmp_path):
    path = write_files(read_files(sog) | {"sh0.webp": b"GIF89a"}, tmp_path / "bad.sog")
    with pytest.raises(InputError, match=r"sh0.webp is no WebP image"):
        read_sog(path)


def test_a_folder_reads_like_the_archive(sog, tmp_path):
    with zipfile.ZipFile(sog) as archive:
        archive.extractall(tmp_path / "folder")
    for path in (tmp_path / "folder", tmp_path / "folder" / "meta.json"):
        np.testing.assert_array_equal(read_sog(path).means, read_sog(sog).means)


def test_a_scene_without_view_dependent_color_has_no_coefficients(tmp_path):
    write_sog(random_splats(20, 0), tmp_path / "scene.sog", CompressSettings())
    assert read_sog(tmp_path / "scene.sog").shN.shape == (20, 0, 3)
