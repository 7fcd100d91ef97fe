from datetime import UTC, datetime, timedelta

import pytest

from components.shared.contracts.record import StageRecord, TryCount
from components.shared.errors import ReconstructionError
from components.shared.storage import open_storage
from pipelines.client.runs import Run
from pipelines.client.status import run_records
from pipelines.client.status.run_records import read_run_records
from tests.reports import make_report

BAD = ReconstructionError("0 of 24 photos registered", remedy="Take sharp photos.").to_failure("sfm")


@pytest.fixture
def run():
    now = datetime.now(UTC)
    parameters = {"capture": "s3://bucket/castle/", "output": "s3://bucket/castle-scene"}
    return Run("run-1", "castle", "FAILED", now - timedelta(hours=1), now, parameters, "")


@pytest.fixture
def output(tmp_path, monkeypatch):
    """A folder that is read in place of the run's output."""
    monkeypatch.setattr(run_records, "open_storage", lambda _: open_storage(str(tmp_path)))
    return tmp_path


def test_records_counts_and_report_of_the_run_are_read(run, output):
    StageRecord(stage="sfm", run="run-1", seconds=70.0, retries=1, failure=BAD).write(
        output / "stages/sfm.json"
    )
    TryCount(run="run-1", stage="train", tries=3).write(output / ".kubesplat/tries/train.json")
    make_report(BAD, run="run-1").write(output / "report.json")
    records = read_run_records(run, run.output)
    assert (records.seconds_of("sfm"), records.tries_of("sfm"), records.tries_of("train")) == (70.0, 2, 3)
    assert (records.failure_of("sfm"), records.is_final("sfm")) == (BAD, True)
    assert (records.report.failure, records.problem) == (BAD, "")


def test_files_of_another_run_are_ignored(run, output):
    StageRecord(stage="sfm", run="run-0", seconds=70.0).write(output / "stages/sfm.json")
    TryCount(run="run-0", stage="sfm", tries=3).write(output / ".kubesplat/tries/sfm.json")
    make_report(BAD, run="run-0").write(output / "report.json")
    records = read_run_records(run, run.output)
    assert (records.stages, records.tries, records.report, records.problem) == ({}, {}, None, "")


def test_files_beside_the_records_are_not_read_as_records(run, output):
    StageRecord(stage="sfm", run="run-1", seconds=70.0).write(output / "stages/sfm.json")
    (output / "stages/settings.json").write_text('{"sfm": {"seed": 7}}')
    records = read_run_records(run, run.output)
    assert (list(records.stages), records.problem) == (["sfm"], "")


def test_a_damaged_file_is_named(run, output):
    (output / "stages").mkdir()
    (output / "stages/sfm.json").write_text("{")
    assert read_run_records(run, run.output).problem.startswith("stages/sfm.json is no JSON")
