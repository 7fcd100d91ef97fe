import json

import pytest

from components.shared.ply.read_ply import read_ply
from components.train.__main__ import main


@pytest.mark.slow
@pytest.mark.slow
def test_a_scene_becomes_a_ply_and_its_figures_are_printed(scene_folder, tmp_path, capsys):
    output = tmp_path / "splat"
    arguments = [str(scene_folder), "--output", str(output), "--set", "backend=numba"]
    assert main([*arguments, "--set", "steps=100", "--set", "train.max_gaussians=1000"]) == 0
    figures = json.loads(capsys.readouterr().out)
    assert figures["steps"] == 100
    assert figures["gaussians"] == len(read_ply(output / "splat.ply")) <= 1_000
    assert sorted(path.name for path in output.iterdir()) == ["cameras.json", "splat.ply", "training.json"]


def test_a_wrong_setting_fails_before_anything_is_written(scene_folder, tmp_path, capsys):
    assert main([str(scene_folder), "--output", str(tmp_path / "splat"), "--set", "steps=5"]) == 3
    assert "steps is 5" in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []
