import json
import shutil
from pathlib import Path

import pytest

from components.compress.__main__ import main
from components.shared.sog.read_sog import read_sog
from components.shared.splats import write_ply
from tests.unit.shared.sog.sog_scenes import random_splats

PLY = Path(__file__).parents[2] / "data" / "version_0_1_0" / "splat.ply"


def test_a_ply_becomes_a_sog_and_its_metrics_are_printed(tmp_path, capsys):
    assert main([str(PLY), "--output", str(tmp_path / "scene.sog")]) == 0
    metrics = json.loads(capsys.readouterr().out)
    assert metrics["gaussians"] == len(read_sog(tmp_path / "scene.sog")) == 1000
    assert metrics["size_bytes"] == (tmp_path / "scene.sog").stat().st_size
    assert metrics["ply_size_bytes"] == PLY.stat().st_size


def test_a_folder_of_training_gives_the_same_file(tmp_path):
    (tmp_path / "splat").mkdir()
    shutil.copy(PLY, tmp_path / "splat" / "splat.ply")
    for source, target in ((PLY, "a.sog"), (tmp_path / "splat", "b.sog")):
        assert main([str(source), "--output", str(tmp_path / target)]) == 0
    assert (tmp_path / "a.sog").read_bytes() == (tmp_path / "b.sog").read_bytes()


def test_settings_are_used(tmp_path, capsys):
    write_ply(random_splats(2000, 3), tmp_path / "scene.ply")
    arguments = [str(tmp_path / "scene.ply"), "--output", str(tmp_path / "scene.sog")]
    assert main([*arguments, "--set", "max_palette_entries=64", "--set", "compress.device=cpu"]) == 0
    assert json.loads(capsys.readouterr().out)["palette_entries"] <= 64


@pytest.mark.parametrize(
    ("setting", "message"), [("seed=-1", "seed is -1"), ("sead=1", "compress has no setting 'sead'")]
)
def test_a_wrong_setting_fails_before_anything_is_written(tmp_path, capsys, setting, message):
    assert main([str(PLY), "--output", str(tmp_path / "scene.sog"), "--set", setting]) == 3
    assert message in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


def test_a_missing_file_has_a_remedy(tmp_path, capsys):
    assert main([str(tmp_path / "none.ply"), "--output", str(tmp_path / "scene.sog")]) == 3
    assert "none.ply" in capsys.readouterr().err
