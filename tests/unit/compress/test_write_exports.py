import sys

from components.compress.settings import CompressSettings
from components.compress.write_exports import write_exports
from components.shared.scene_files.read_scene import read_scene
from tests.unit.shared.sog.sog_scenes import random_splats


def test_further_formats_are_written_under_their_final_names(tmp_path):
    splats, fractions = random_splats(60, 3), []
    settings = CompressSettings(device="cpu", formats="sog,ply,spz,lod")
    exports = write_exports(splats, tmp_path, settings, lambda each: fractions.append(each.fraction))
    assert fractions == sorted(fractions)
    assert fractions[-1] == 1.0
    assert sorted(path.name for path in tmp_path.iterdir()) == ["lod", "scene.spz"]
    assert exports.left_out == {}
    files = [path for path in (tmp_path / "lod").rglob("*") if path.is_file()]
    assert exports.bytes == {
        "spz": (tmp_path / "scene.spz").stat().st_size,
        "lod": sum(path.stat().st_size for path in files),
    }
    assert len(read_scene(tmp_path / "lod")) == len(read_scene(tmp_path / "scene.spz")) == 60


def test_a_format_that_cannot_be_written_costs_its_own_file_alone(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "pxr", None)
    settings = CompressSettings(device="cpu", formats="usdz,lod")
    exports = write_exports(random_splats(60, 3), tmp_path, settings)
    assert list(exports.bytes) == ["lod"]
    assert "pip install" in exports.left_out["usdz"]
    assert [path.name for path in tmp_path.iterdir()] == ["lod"]


def test_by_default_there_are_none(tmp_path):
    exports = write_exports(random_splats(5, 0), tmp_path / "exports", CompressSettings())
    assert exports.bytes == {}
    assert list((tmp_path / "exports").iterdir()) == []
