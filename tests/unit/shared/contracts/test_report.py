from pathlib import Path

import pytest

from components.shared.contracts.report import Report, RunStatus, StageCost, Totals
from components.shared.files import read_json
from components.shared.run_layout import REPORT_JSON

WRITTEN = Path(__file__).parents[3] / "data" / "version_0_1_0" / REPORT_JSON


def test_a_file_of_version_0_1_0_is_read_whole():
    written, report = read_json(WRITTEN), Report.read(WRITTEN)
    assert report.status is RunStatus.SUCCEEDED
    assert report.compress.bytes == written["compress"]["bytes"]
    dropped = {"train": {"lpips"}}
    for part in ("capture", "sfm", "train", "compress", "delivered", "totals"):
        kept = {name: value for name, value in written[part].items() if name not in dropped.get(part, ())}
        later = {"capture": ["changes", "notes"], "compress": ["gaussians", "left_out", "limited"]}
        later["compress"] += ["exports", "exports_left_out"]
        later["sfm"] = ["georeference"]
        later["train"] = ["pruned", "clean_up", "gpu_usage", "ended_early"]
        later["totals"] = [name for name in Totals.model_fields if name not in written["totals"]]
        added = dict.fromkeys(later.get(part, []))
        if part == "sfm":
            added["attempts"] = [{**attempt, "consistent_fraction": None} for attempt in kept["attempts"]]
        assert report.to_json()[part] == {**kept, **added}
    for stage, cost in written["stages"].items():
        later_fields = dict.fromkeys(StageCost.model_fields.keys() - cost.keys())
        assert report.stages[stage].to_json() == {**cost, **later_fields}


def test_a_failure_is_read_as_it_was_written():
    failure = {
        "type": "ReconstructionError",
        "stage": "sfm",
        "message": "5 of 24 photos fit together",
        "remedy": "Take more.",
        "retryable": False,
    }
    report = Report.model_validate({**read_json(WRITTEN), "status": "failed", "failure": failure})
    assert report.failure is not None
    assert report.failure.message == "5 of 24 photos fit together"
    assert report.to_json()["failure"] == failure


@pytest.mark.parametrize(
    ("part", "figure"), [("train", "psnr_db"), ("delivered", "lpips"), ("sfm", "points")]
)
def test_a_figure_that_was_not_measured_is_null(part, figure):
    report = Report.model_validate({**read_json(WRITTEN), part: {}})
    assert report.to_json()[part][figure] is None
