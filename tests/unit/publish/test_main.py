import json

import pytest

from components.publish.__main__ import main
from components.shared.errors import StorageError
from components.shared.stage import run_stage


def test_results_are_stored_under_their_final_names(tmp_path, capsys):
    files = {
        "scene/sparse/cameras.bin": "c",
        "splat/splat.ply": "ply",
        "scene.sog": "sog",
        "evaluation/report.html": "<html>",
        "evaluation/viewer.html": "viewer",
        "evaluation/thumbnail.webp": "webp",
        "evaluation/flythrough.mp4": "mp4",
    }
    for name, content in files.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(content)
    inputs = [str(tmp_path / name) for name in ("scene", "splat", "scene.sog", "evaluation")]
    assert main(["results", *inputs, "--output", str(tmp_path / "out")]) == 0
    sizes = json.loads(capsys.readouterr().out)
    stored = {path.name: path.stat().st_size for path in (tmp_path / "out").iterdir() if path.is_file()}
    assert sizes == stored
    assert sizes["scene.sog"] == 3


def test_the_report_of_a_killed_run_is_written(tmp_path, capsys):
    with run_stage("ingest", output=str(tmp_path)) as record:
        record.figures = {"images": 24, "accepted": 24, "rejected": []}
    with pytest.raises(SystemExit), run_stage("sfm", output=str(tmp_path)):
        raise StorageError("the store was away", remedy="Run again.")
    assert main(["--set", "cpu_usd_per_hour=2", "report", str(tmp_path)]) == 0
    report = json.loads((tmp_path / "report.json").read_text())
    assert json.loads(capsys.readouterr().out[-len(json.dumps(report, indent=2)) - 1 :]) == report
    assert report["failure"]["message"] == "the store was away"
    assert report["capture"]["images"] == 24
    assert report["stages"]["ingest"]["cost_usd"] > 0
