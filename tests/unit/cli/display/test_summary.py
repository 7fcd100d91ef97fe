import io

import pytest
from rich.console import Console

from components.publish.build_report import build_report
from components.publish.run_state import RunState
from components.publish.settings import PublishSettings
from components.shared.contracts.record import StageRecord
from components.shared.errors import Failure, ReconstructionError
from pipelines.cli.display.summary import show_summary
from pipelines.cli.failure import show_failure

FIGURES = {
    "ingest": {"images": 24, "accepted": 23, "rejected": []},
    "sfm": {
        "registered": 23,
        "points": 8123,
        "reprojection_error_px": 0.512,
        "georeference": {
            "kind": "local",
            "unit": "metre",
            "offset": [10, 20, 0],
            "positions": 23,
            "residual_m": 0.5,
        },
    },
    "train": {"gaussians": 9000},
    "compress": {"bytes": 123456, "ratio": 10.04, "gaussians": 8951},
    "evaluate": {"psnr_db": 28.304, "ssim": 0.9012, "psnr_drop_db": 0.2},
}


def summary(stages, output="out/demo"):
    records = {stage: StageRecord(stage=stage, figures=FIGURES[stage], seconds=80.0) for stage in stages}
    report = build_report(records, state=RunState.SUCCEEDED, settings=PublishSettings())
    console = Console(file=io.StringIO(), width=120)
    show_summary(report, output, console)
    return console.file.getvalue()


def test_the_summary_names_the_key_figures_and_the_files():
    text = summary(FIGURES)
    assert "✓ Scene of 8,951 Gaussians in 6m40s" in text
    assert "23 of 24 photos registered, 8,123 points, 0.51 px reprojection error" in text
    assert "1 unit is 1 m; origin 10, 20, 0 in the system of the positions; positions agree to 0.50 m" in text
    assert "PSNR 28.30 dB on held-out photos, SSIM 0.901, 0.20 dB lost" in text
    assert "123 kB, 10.0 times smaller than the .ply" in text
    assert "out/demo/viewer.html" in text


def test_the_summary_names_further_formats_and_why_one_is_missing(monkeypatch):
    figures = {
        "exports": {"glb": 2_500_000, "lod": 61_000},
        "exports_left_out": {"tiles": "no place on earth."},
    }
    monkeypatch.setitem(FIGURES, "compress", FIGURES["compress"] | figures)
    lines = [" ".join(line.split()) for line in summary(FIGURES).splitlines()]
    assert "out/demo/scene.glb glb, 2.5 MB" in lines
    assert "out/demo/lod/lod-meta.json lod, 61 kB" in lines
    assert "No tiles: no place on earth." in lines


def test_the_summary_says_what_was_cleaned_up(monkeypatch):
    rules = {"haze": {"found": 81, "removed": True, "psnr_change_db": 0.43}}
    cleaned = {"rules": rules, "psnr_before_db": 14.33, "psnr_after_db": 14.76}
    assert "Clean-up" not in summary(["train"])
    monkeypatch.setitem(FIGURES, "train", {"gaussians": 9000, "clean_up": cleaned})
    assert "Clean-up removed 81 Gaussians of haze: held-out PSNR 14.33 to 14.76 dB" in summary(["train"])


def test_the_summary_leaves_out_what_was_not_measured():
    text = summary(["train"])
    assert "Scene of 9,000 Gaussians" in text
    for word in ("None", "registered", "PSNR", "smaller"):
        assert word not in text


def test_the_summary_shows_notes_and_changes(monkeypatch):
    changed = {"notes": ["[b].png was left out."], "changes": {"HEIF to JPEG": 23}}
    monkeypatch.setitem(FIGURES, "ingest", FIGURES["ingest"] | changed)
    lines = summary(FIGURES).splitlines()
    start = lines.index("About the capture")
    assert lines[start + 1 : start + 3] == [
        "  • [b].png was left out.",
        "  • All 23 photos were converted: HEIF to JPEG.",
    ]


def test_without_notes_and_changes_there_is_nothing_about_the_capture():
    assert "About the capture" not in summary(FIGURES)


def test_files_in_s3_keep_their_address():
    assert "s3://bucket/scene/viewer.html" in summary(FIGURES, "s3://bucket/scene/")


def test_a_failure_is_one_block_with_cause_remedy_and_log(tmp_path, capsys):
    log = tmp_path / "run.log"
    log.touch()
    failure = ReconstructionError(
        "only 3 of 24 photos fit together; more than 50 % are needed", remedy="Take photos closer together."
    ).to_failure("sfm")
    show_failure(failure, log=log)
    assert capsys.readouterr().err.splitlines() == [
        "",
        "✗ The photos do not fit together (sfm)",
        "only 3 of 24 photos fit together; more than 50 % are needed",
        "What to do: Take photos closer together.",
        f"Log: {log}",
    ]


@pytest.mark.parametrize("type_name", ["SomethingOfTomorrow", "InputError"])
def test_an_unknown_type_is_shown_by_its_name(type_name, capsys):
    show_failure(Failure(type_name, "", "m", "r", False))
    title = capsys.readouterr().err.splitlines()[1]
    assert title == {"InputError": "✗ The input cannot be used"}.get(type_name, f"✗ {type_name}")


def test_the_summary_says_what_an_inspection_expected(monkeypatch):
    inspection = {"verdicts": {"expected": 22, "blurred": 2}, "expected_registered": 22, "gaussians": 9000}
    monkeypatch.setitem(FIGURES, "inspect", {"inspection": inspection})
    lines = summary(FIGURES).splitlines()
    assert "  The inspection expected 22 of 24 photos to fit together (2 blurred)" in lines
    assert "forecast" not in summary(FIGURES)
