import json
import os

import pytest

from components.publish.conclude import conclude, delete_run_state
from components.publish.run_state import RunState
from components.publish.settings import PublishSettings
from components.shared.errors import GpuMissingError, InputError, QualityGateError
from components.shared.stage import run_stage


def end(folder, state):
    """The content of the report that `conclude` returns."""
    return conclude(str(folder), state=state, settings=PublishSettings()).to_json()


def fail_stage(folder, message):
    with pytest.raises(SystemExit):
        _ingest_and_fail(folder, message)


def _ingest_and_fail(folder, message):
    with run_stage("ingest", output=str(folder)) as record:
        record.figures = {"images": 2, "rejected": [{"name": "<b>.jpg", "verdict": "corrupt", "reason": ""}]}
        raise InputError(message, remedy="Take more.")


def test_a_failure_leaves_a_report_for_programs_and_a_page_for_people(tmp_path):
    fail_stage(tmp_path, "2 photos & no more")
    report = end(tmp_path, RunState.FAILED)
    assert json.loads((tmp_path / "report.json").read_text()) == report
    assert report["failure"]["message"] == "2 photos & no more"
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "progress.json",
        "report.html",
        "report.json",
    ]


def test_the_state_of_an_earlier_run_is_deleted(tmp_path):
    fail_stage(tmp_path, "two")
    end(tmp_path, RunState.FAILED)
    fail_stage(tmp_path, "two")
    delete_run_state(str(tmp_path), resume=False)
    assert [path.name for path in tmp_path.iterdir()] == ["report.html"]


def test_success_leaves_the_page_alone(tmp_path):
    (tmp_path / "report.html").write_text("the run's own")
    with run_stage("publish", output=str(tmp_path)):
        pass
    report = end(tmp_path, RunState.SUCCEEDED)
    assert report["status"] == "succeeded"
    assert (tmp_path / "report.html").read_text() == "the run's own"
    progress = json.loads((tmp_path / "progress.json").read_text())
    assert progress["stages"]["publish"]["seconds"] == report["stages"]["publish"]["seconds"]


def test_the_full_report_of_a_scene_that_was_not_good_enough_stays(tmp_path):
    (tmp_path / "report.html").write_text("render beside photo")
    with pytest.raises(SystemExit), run_stage("evaluate", output=str(tmp_path)):
        raise QualityGateError("12 dB", remedy="Train longer.")
    report = end(tmp_path, RunState.FAILED)
    assert report["failure"]["type"] == "QualityGateError"
    assert (tmp_path / "report.html").read_text() == "render beside photo"


@pytest.fixture
def a_run(monkeypatch):
    monkeypatch.setenv("KUBESPLAT_RUN", "run-1")


def publish(folder):
    with run_stage("publish", output=str(folder)) as record:
        record.figures = {"files": {}}


@pytest.mark.usefixtures("a_run")
@pytest.mark.parametrize("state", [RunState.SUCCEEDED, RunState.UNKNOWN])
def test_a_record_of_publish_proves_success(tmp_path, state):
    publish(tmp_path)
    report = end(tmp_path, state)
    assert (report["status"], report["run"], report["totals"]["tries"]) == ("succeeded", "run-1", 1)
    assert report["stages"]["sfm"]["cached"] is True
    assert sorted(path.name for path in tmp_path.rglob("*")) == ["progress.json", "report.json"]


@pytest.mark.usefixtures("a_run")
def test_the_platforms_state_alone_is_no_proof(tmp_path):
    report = end(tmp_path, RunState.SUCCEEDED)
    assert (report["status"], report["failure"]["type"]) == ("failed", "StageLostError")


def test_a_record_of_another_run_proves_nothing(tmp_path, monkeypatch):
    monkeypatch.setenv("KUBESPLAT_RUN", "earlier")
    publish(tmp_path)
    monkeypatch.setenv("KUBESPLAT_RUN", "run-1")
    assert end(tmp_path, RunState.UNKNOWN)["status"] == "failed"


@pytest.mark.usefixtures("a_run")
@pytest.mark.parametrize("state", list(RunState))
def test_a_second_try_of_the_last_task_keeps_a_finished_report(tmp_path, state):
    publish(tmp_path)
    first = end(tmp_path, RunState.SUCCEEDED)
    assert end(tmp_path, state) == first
    assert not (tmp_path / "report.html").exists()


@pytest.mark.usefixtures("a_run")
def test_a_second_try_of_the_last_task_keeps_the_cause(tmp_path):
    fail_stage(tmp_path, "two")
    first = end(tmp_path, RunState.FAILED)
    assert end(tmp_path, RunState.FAILED) == first
    assert first["failure"]["message"] == "two"


@pytest.mark.usefixtures("a_run")
def test_a_failure_after_a_finished_report_is_reported(tmp_path):
    publish(tmp_path)
    end(tmp_path, RunState.SUCCEEDED)
    fail_stage(tmp_path, "two")
    assert end(tmp_path, RunState.FAILED)["failure"]["message"] == "two"


def test_the_next_run_replaces_the_report_of_the_last(tmp_path, monkeypatch):
    for run in ("run-1", "run-2"):
        monkeypatch.setenv("KUBESPLAT_RUN", run)
        publish(tmp_path)
        assert end(tmp_path, RunState.SUCCEEDED)["run"] == run


@pytest.mark.usefixtures("a_run")
def test_a_cancelled_run_says_so_and_keeps_what_is_done(tmp_path):
    with run_stage("ingest", output=str(tmp_path)) as record:
        record.figures = {"images": 24}
    report = end(tmp_path, RunState.CANCELLED)
    assert report["failure"]["type"] == "RunCancelledError"
    assert "cancelled during or after ingest" in report["failure"]["message"]
    assert (tmp_path / "stages" / "ingest.json").exists()
    assert "RunCancelledError" in (tmp_path / "report.html").read_text()


@pytest.mark.usefixtures("a_run")
def test_a_run_started_again_by_hand_is_not_refused_for_what_was_final(tmp_path):
    for _ in range(3):
        with pytest.raises(SystemExit), run_stage("train", output=str(tmp_path)):
            raise GpuMissingError("no GPU", remedy="Cordon the node.")
    assert json.loads((tmp_path / "stages" / "train.json").read_text())["final"]
    assert end(tmp_path, RunState.FAILED)["failure"]["retryable"]
    with run_stage("train", output=str(tmp_path)) as record:
        record.figures = {"gaussians": 1}
    assert record.retries == 0


def test_a_failed_run_says_that_the_scene_there_is_of_an_earlier_one(tmp_path):
    scene = tmp_path / "scene.sog"
    scene.write_bytes(b"good")
    os.utime(scene, (1_800_000_000, 1_800_000_000))
    fail_stage(tmp_path, "two")
    report = end(tmp_path, RunState.FAILED)
    assert report["earlier_scene_at"] == "2027-01-15T08:00:00+00:00"
    assert scene.read_bytes() == b"good"
    page = (tmp_path / "report.html").read_text()
    assert "The scene there is of an earlier run, stored on 2027-01-15 at 08:00 UTC" in page


def test_without_an_earlier_scene_nothing_is_said_of_one(tmp_path):
    (tmp_path / "scene.sog.bak").write_bytes(b"other")
    fail_stage(tmp_path, "two")
    report = end(tmp_path, RunState.FAILED)
    assert report["earlier_scene_at"] is None
    assert "earlier run" not in (tmp_path / "report.html").read_text()


def test_the_scene_of_a_good_run_is_its_own(tmp_path):
    (tmp_path / "scene.sog").write_bytes(b"good")
    with run_stage("publish", output=str(tmp_path)):
        pass
    assert end(tmp_path, RunState.SUCCEEDED)["earlier_scene_at"] is None
