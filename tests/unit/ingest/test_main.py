import json

from components.ingest.__main__ import main


def test_the_stage_runs_alone(photos, tmp_path, capsys):
    output = tmp_path / "capture"
    assert main([str(photos), "--output", str(output), "--set", "min_images=4"]) == 0
    printed = capsys.readouterr()
    figures = {"images": 4, "accepted": 4, "rejected": [], "changes": {}, "notes": []}
    assert json.loads(printed.out) == figures
    assert "ingest: check: 1 of 4 photos" in printed.err
    assert (output / "images" / "a.jpg").read_bytes() == (photos / "a.jpg").read_bytes()


def test_its_settings_and_failures_are_those_of_the_stage(photos, tmp_path, capsys):
    output = tmp_path / "capture"
    assert main([str(photos), "--output", str(output), "--set", "ingest.min_images=5"]) == 3
    assert "4 of 4 photos can be used; at least 5 are needed" in capsys.readouterr().err
    assert main([str(photos), "--output", str(output), "--set", "min_image=5"]) == 3
    assert "Did you mean" in capsys.readouterr().err
    assert not output.exists()
