import json

from components.evaluate.__main__ import main
from tests.toy_world import blurred, toy_splats

QUICK = [f"--set={name}" for name in ("thumbnail_px=32", "flythrough_px=64", "flythrough_seconds=1")]


def test_the_stage_runs_alone(stage_outputs, stub_viewer, tmp_path, capsys):
    inputs = map(str, stage_outputs(toy_splats(), toy_splats()))
    assert main([*inputs, "--output", str(tmp_path / "out"), *QUICK, "--set", "max_psnr_drop_db=100"]) == 0
    printed = json.loads(capsys.readouterr().out)
    written = json.loads((tmp_path / "out" / "evaluation.json").read_text())
    assert printed == written["delivered"]
    assert (tmp_path / "out" / "report.html").exists()


def test_a_gate_that_is_not_met_is_the_exit_status(stage_outputs, stub_viewer, tmp_path, capsys):
    inputs = map(str, stage_outputs(toy_splats(), blurred(toy_splats(), 0.05)))
    gate = "evaluate.max_psnr_drop_db=0.5"
    assert main([*inputs, "--output", str(tmp_path / "out"), *QUICK, "--set", gate]) == 4
    assert "at most 0.5 dB are allowed" in capsys.readouterr().err
    assert (tmp_path / "out" / "report.html").exists()
