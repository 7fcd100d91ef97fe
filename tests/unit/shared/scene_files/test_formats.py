from dataclasses import replace
from pathlib import Path

import pytest

from components.compress.settings import CompressSettings
from components.compress.write_scene import write_scene
from components.shared.errors import InputError
from components.shared.scene_files.formats import FORMATS, format_of
from components.shared.scene_files.read_scene import read_scene
from tests.unit.shared.sog.sog_scenes import random_splats


@pytest.mark.parametrize("name", [each.name for each in FORMATS if each.name != "lod"])
def test_every_format_that_is_written_is_read_by_its_content(tmp_path, name):
    suffix = next(each.suffix for each in FORMATS if each.name == name)
    splats, path = random_splats(50, 3), tmp_path / f"Scene{suffix.upper()}"
    assert format_of(path).name == name
    written = write_scene(splats, path, CompressSettings())
    assert written.gaussians == 50
    path.rename(tmp_path / "renamed.bin")
    assert len(read_scene(tmp_path / "renamed.bin")) == 50


def test_a_streamed_scene_has_a_folder_of_its_own(tmp_path):
    splats, index = random_splats(50, 3), tmp_path / "scene" / "lod-meta.json"
    assert write_scene(splats, index, CompressSettings()).gaussians == 50
    assert len(read_scene(index)) == len(read_scene(index.parent)) == 50
    with pytest.raises(InputError, match=r"x-lod-meta\.json is no name"):
        write_scene(splats, tmp_path / "x-lod-meta.json", CompressSettings())
    with pytest.raises(InputError, match="holds scene;"):
        write_scene(splats, tmp_path / "lod-meta.json", CompressSettings())


@pytest.mark.parametrize(
    "format_", [each for each in FORMATS if each.name != "lod"], ids=lambda each: each.name
)
def test_the_render_mode_is_kept_or_its_loss_is_said(tmp_path, format_):
    path = tmp_path / f"scene{format_.suffix}"
    written = write_scene(replace(random_splats(5, 0), antialiased=True), path, CompressSettings())
    assert read_scene(path).antialiased != bool(written.notes)


def test_names_and_suffixes_are_unique():
    for attribute in ("name", "suffix", "description"):
        values = [getattr(each, attribute) for each in FORMATS]
        assert len(set(values)) == len(values)


def test_an_unknown_suffix_is_refused_with_the_known_ones(tmp_path):
    assert format_of(Path("scene.obj")) is None
    with pytest.raises(InputError, match="suffix of no known format") as caught:
        write_scene(random_splats(5, 0), tmp_path / "scene.obj", CompressSettings())
    assert ".sog" in caught.value.remedy
    assert not list(tmp_path.iterdir())
