"""`progress.json` while stages run, as another process reads it."""

import time

import pytest

from components.shared import share_progress
from components.shared.contracts.progress import RunProgress
from components.shared.errors import InputError
from components.shared.progress import Progress, reporter
from components.shared.share_progress import end_progress, read_progress
from components.shared.stage import run_stage
from components.shared.storage import open_storage


@pytest.fixture(autouse=True)
def _on_one_machine(monkeypatch):
    monkeypatch.delenv("KUBESPLAT_RUN", raising=False)
    monkeypatch.setattr(share_progress, "WRITE_SECONDS", 0.02)


def progress_of(folder) -> RunProgress:
    return read_progress(open_storage(str(folder)))


def wait_for(folder, condition) -> RunProgress:
    give_up = time.monotonic() + 10
    while True:
        progress = progress_of(folder)
        if progress and condition(progress):
            return progress
        assert time.monotonic() < give_up, progress
        time.sleep(0.01)


def test_a_running_stage_can_be_watched(tmp_path):
    with run_stage("train", output=str(tmp_path)):
        reporter("train")(Progress("Iter 1000", 0.4, "Loss=0.0250"))
        seen = wait_for(tmp_path, lambda progress: progress.stages["train"].fraction == 0.4)
    assert (seen.status, seen.stage, seen.stages["train"].state) == ("running", "train", "running")
    assert (seen.stages["train"].phase, seen.stages["train"].note) == ("Iter 1000", "Loss=0.0250")
    assert seen.stages["sfm"].state == "reused"
    assert seen.stages["compress"].state == "waiting"
    # train has 60 of the 71 % that the stages from here on take.
    assert seen.fraction == pytest.approx(0.4 * 0.60 / 0.71)


def test_stages_in_other_processes_take_up_what_is_there(tmp_path):
    for stage in ("ingest", "sfm"):
        with run_stage(stage, output=str(tmp_path)):
            pass
    progress = progress_of(tmp_path)
    assert [progress.stages[stage].state for stage in ("ingest", "sfm", "train")] == [
        "done",
        "done",
        "waiting",
    ]
    assert progress.fraction == pytest.approx(0.29)
    assert progress.stage == "sfm"


def test_another_run_starts_anew(tmp_path, monkeypatch):
    for run in ("run-1", "run-2"):
        monkeypatch.setenv("KUBESPLAT_RUN", run)
        with run_stage("ingest" if run == "run-1" else "sfm", output=str(tmp_path)):
            pass
    assert progress_of(tmp_path).run == "run-2"
    assert progress_of(tmp_path).stages["ingest"].state == "reused"


def test_a_failed_try_is_marked_and_the_next_one_runs_again(tmp_path):
    with pytest.raises(SystemExit), run_stage("sfm", output=str(tmp_path)):
        raise InputError("2 photos", remedy="More.")
    assert progress_of(tmp_path).stages["sfm"].state == "failed"
    with run_stage("sfm", output=str(tmp_path)):
        wait_for(tmp_path, lambda progress: progress.stages["sfm"].state == "running")
    assert progress_of(tmp_path).stages["sfm"].state == "done"


def test_the_end_of_the_run_is_said(tmp_path):
    with run_stage("publish", output=str(tmp_path)):
        pass
    end_progress(open_storage(str(tmp_path)), None, {})
    assert (progress_of(tmp_path).status, progress_of(tmp_path).fraction) == ("succeeded", 1.0)
    failure = InputError("2 photos", remedy="More.").to_failure("ingest")
    end_progress(open_storage(str(tmp_path)), failure, {})
    assert (progress_of(tmp_path).status, progress_of(tmp_path).failure) == ("failed", failure)


def test_an_ended_run_has_the_seconds_of_its_report(tmp_path):
    for stage in ("ingest", "sfm"):
        with run_stage(stage, output=str(tmp_path)):
            pass
    measured = progress_of(tmp_path).stages["ingest"].seconds
    end_progress(open_storage(str(tmp_path)), None, {"ingest": None, "sfm": 75.5})
    seconds = {name: stage.seconds for name, stage in progress_of(tmp_path).stages.items()}
    assert (seconds["ingest"], seconds["sfm"]) == (measured, 75.5)


def test_many_reports_are_few_writes(tmp_path, monkeypatch):
    writes = []
    monkeypatch.setattr(share_progress, "WRITE_SECONDS", 5.0)
    monkeypatch.setattr(share_progress, "put_json", lambda *written: writes.append(written))
    with run_stage("train", output=str(tmp_path)):
        report = reporter("train")
        for step in range(1000):
            report(Progress(f"Iter {step}", step / 1000))
    assert 1 <= len(writes) <= 2
    assert writes[-1][2]["stages"]["train"]["state"] == "done"


def test_a_stage_that_says_nothing_is_still_seen_to_live(tmp_path, monkeypatch):
    monkeypatch.setattr(share_progress, "HEARTBEAT_SECONDS", 0.05)
    with run_stage("sfm", output=str(tmp_path)):
        first = wait_for(tmp_path, lambda progress: progress.stage == "sfm")
        wait_for(tmp_path, lambda progress: progress.updated_at > first.updated_at)


def test_a_damaged_file_costs_a_line_and_is_replaced(tmp_path, capsys):
    (tmp_path / "progress.json").write_text("{")
    with run_stage("ingest", output=str(tmp_path)):
        pass
    assert progress_of(tmp_path).stages["ingest"].state == "done"
    assert capsys.readouterr().out.count("progress.json is not kept") == 1
