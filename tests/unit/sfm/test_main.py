import json

import pytest

from components.sfm.__main__ import main
from tests.unit.sfm.sfm_captures import make_capture


@pytest.mark.slow
def test_the_stage_runs_alone(small_demo, tmp_path, capsys):
    photos = {path.name: path for path in sorted(small_demo.folder.glob("*.jpg"))[:5]}
    capture, output = make_capture(photos, tmp_path / "capture"), tmp_path / "scene"
    settings = ["--set", "min_points=50", "--set", "sfm.max_features=2000"]
    assert main([str(capture), "--output", str(output), *settings]) == 0
    printed = capsys.readouterr()
    figures = json.loads(printed.out)
    assert (figures["registered"], figures["unregistered"]) == (5, [])
    assert figures["points"] >= 50
    assert "sfm: extract features" in printed.err
    assert {path.name for path in output.iterdir()} == {"images", "scene.json", "sparse"}


@pytest.mark.slow
def test_failures_and_settings_are_those_of_the_stage(small_demo, tmp_path, capsys):
    photos = {path.name: path for path in sorted(small_demo.folder.glob("*.jpg"))[:2]}
    capture, output = make_capture(photos, tmp_path / "capture"), tmp_path / "scene"
    assert main([str(capture), "--output", str(output), "--set", "min_points=9000000"]) == 4
    assert "9000000 points are needed" in capsys.readouterr().err
    assert main([str(capture), "--output", str(output), "--set", "max_feature=5"]) == 3
    assert "max_features" in capsys.readouterr().err
    assert not output.exists()
