import json
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from components.shared.errors import StorageError
from pipelines.inbox_to_sogs.run_local import run_inbox
from pipelines.photos_to_sog.private_folder import lock_output
from pipelines.photos_to_sog.run_local import LocalJob, run_local

ROOT = Path(__file__).parents[2]
STUB = "tests.pipeline.stub_pipeline:stub"


@pytest.fixture
def capture(tmp_path):
    folder = tmp_path / "photos"
    folder.mkdir()
    for name in "abc":
        (folder / f"{name}.jpg").touch()
    return folder


def job(capture, output, **options):
    return LocalJob(arguments={"capture": str(capture), "output": str(output)}, pipeline=STUB, **options)


def run(job, on_event):
    """The content of the report of a run."""
    return run_local(job, on_event).to_json()


def names_in(folder):
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())


def test_a_run_leaves_its_results_its_report_and_its_log_and_nothing_else(capture, tmp_path):
    events = []
    report = run(job(capture, tmp_path / "out"), events.append)
    assert report["status"] == "succeeded"
    assert report["capture"]["images"] == 3
    assert report["sfm"]["registered"] == 3
    assert names_in(tmp_path / "out") == ["progress.json", "report.json", "run.log", "scene.sog"]
    assert json.loads((tmp_path / "out" / "report.json").read_text()) == report
    seen = [(event["stage"], event["phase"]) for event in events]
    assert seen == [
        ("ingest", "start"),
        ("ingest", "done"),
        ("sfm", "start"),
        ("sfm", "match images"),
        ("sfm", "done"),
        ("train", "start"),
        ("train", "done"),
        ("publish", "start"),
        ("publish", "done"),
    ]


@pytest.mark.slow
@pytest.mark.parametrize(
    "name",
    [
        "{{$.x}}",
        "{{$}} {{$.inputs.parameters['pipelinechannel--output']}} {{workflow.name}}",
        "python3 kfp-workspace",
        'it\'s "my" {{x}} $HOME `id` #1 %20 ü &;|<>*?[a]~',
        "-rf",
        "two\nlines\r\t",
        " spaces at both ends ",
        "日本語 📷 e\u0301",
    ],
)
def test_folders_of_any_name_are_read_and_written(capture, tmp_path, name):
    named = capture.rename(tmp_path / name)
    output = tmp_path / "kfp-workspace" / name
    report = run(job(named, output), lambda _: None)
    assert report["failure"] is None
    assert report["capture"]["images"] == 3
    assert names_in(output) == ["progress.json", "report.json", "run.log", "scene.sog"]
    assert names_in(named) == ["a.jpg", "b.jpg", "c.jpg"]


def test_time_costs_what_the_price_says(capture, tmp_path):
    report = run(job(capture, tmp_path / "out"), lambda _: None)
    for stage in ("ingest", "sfm", "publish"):
        ledger = report["stages"][stage]
        assert ledger["cost_usd"] == pytest.approx(ledger["seconds"] / 4)
        assert ledger["cached"] is False
    assert report["stages"]["train"]["cost_usd"] is None
    assert report["totals"]["cost_usd"] is None


def test_a_failed_stage_fails_the_run_and_says_why(capture, tmp_path):
    (capture / "c.jpg").unlink()
    report = run(job(capture, tmp_path / "out"), lambda _: None)
    assert report["status"] == "failed"
    assert report["failure"] == {
        "type": "InputError",
        "stage": "ingest",
        "message": "2 photos; at least 3 are needed",
        "remedy": "Take more photos.",
        "retryable": False,
    }
    assert report["capture"]["images"] == 2
    assert report["sfm"]["registered"] is None
    assert names_in(tmp_path / "out") == ["progress.json", "report.html", "report.json", "run.log"]
    assert "2 photos; at least 3 are needed" in (tmp_path / "out" / "report.html").read_text()


def test_a_stage_that_was_killed_is_a_retryable_failure_of_that_stage(capture, tmp_path):
    (capture / "killed.jpg").touch()
    report = run(job(capture, tmp_path / "out"), lambda _: None)
    assert report["status"] == "failed"
    assert (report["failure"]["type"], report["failure"]["stage"]) == ("StageLostError", "train")
    assert report["failure"]["retryable"]


def test_a_failed_run_does_not_pass_off_the_figures_of_the_run_before(capture, tmp_path):
    run(job(capture, tmp_path / "out"), lambda _: None)
    (capture / "c.jpg").unlink()
    report = run(job(capture, tmp_path / "out"), lambda _: None)
    assert report["status"] == "failed"
    assert report["sfm"]["registered"] is None
    assert report["stages"]["sfm"]["seconds"] is None
    assert report["earlier_scene_at"] is not None
    assert (tmp_path / "out" / "scene.sog").read_text() == "scene of a.jpg, b.jpg, c.jpg"


def test_intermediate_results_travel_by_the_rewritten_address(capture, tmp_path):
    store = tmp_path / "store"
    report = run(job(capture, tmp_path / "out", artifacts=str(store)), lambda _: None)
    assert report["status"] == "succeeded"
    assert names_in(store) == ["ingest/capture", "sfm/scene", "train/splat"]
    assert f"splat.uri {store}/train/splat" in (tmp_path / "out" / "run.log").read_text()
    assert (tmp_path / "out" / "scene.sog").read_text() == "scene of a.jpg, b.jpg, c.jpg"


def test_two_runs_do_not_write_to_one_output(capture, tmp_path):
    with lock_output(tmp_path / "out"), pytest.raises(StorageError, match="another run is writing to"):
        run(job(capture, tmp_path / "out"), lambda _: None)
    assert run(job(capture, tmp_path / "out"), lambda _: None)["status"] == "succeeded"


def test_a_given_work_folder_keeps_the_intermediate_results(capture, tmp_path):
    run(job(capture, tmp_path / "out", work=tmp_path / "work"), lambda _: None)
    assert [path.name for path in (tmp_path / "work").rglob("capture")] == ["capture"]


@pytest.mark.parametrize("ending", [signal.SIGKILL, signal.SIGTERM])
def test_no_stage_outlives_the_command(capture, tmp_path, ending):
    (capture / "slow.jpg").touch()
    output = tmp_path / "out"
    program = (
        "from tests.pipeline.test_run_local import job, run\n"
        "from pipelines.cli.local.run import interrupt_on_signals\n"
        f"with interrupt_on_signals(): run(job({str(capture)!r}, {str(output)!r}), lambda _: None)"
    )
    command = subprocess.Popen([sys.executable, "-c", program], cwd=ROOT, stderr=subprocess.DEVNULL)
    stage = _wait_for(lambda: int((output / "train.pid").read_text()), seconds=20)
    command.send_signal(ending)
    command.wait(20)
    _wait_for(lambda: _is_gone(stage), seconds=20)
    assert not (output / "report.json").exists()
    assert not (output / "scene.sog").exists()
    if ending == signal.SIGTERM:
        assert [name for name in names_in(output) if not name.startswith(".kubesplat/")] == [
            "progress.json",
            "run.log",
            "stages/forecast.json",
            "stages/ingest.json",
            "stages/settings.json",
            "stages/sfm.json",
            "train.pid",
        ]
    events = []
    report = run(job(capture, output), events.append)
    assert {event["stage"] for event in events} == {"train", "publish"}
    assert (report["sfm"]["registered"], report["train"]["gaussians"]) == (4, 38)
    assert names_in(output) == ["progress.json", "report.json", "run.log", "scene.sog", "train.pid"]


def test_another_try_after_a_failure_of_infrastructure_resumes_after_the_finished_stages(capture, tmp_path):
    (capture / "flaky.jpg").touch()
    report = run(job(capture, tmp_path / "out"), lambda _: None)
    assert (report["failure"]["type"], report["failure"]["retryable"]) == ("StorageError", True)
    events = []
    report = run(job(capture, tmp_path / "out"), events.append)
    assert report["status"] == "succeeded"
    assert {event["stage"] for event in events} == {"train", "publish"}
    assert report["sfm"]["registered"] == 4
    assert not (tmp_path / "out" / ".kubesplat").exists()


def test_a_capture_that_has_changed_is_read_again(capture, tmp_path):
    (capture / "flaky.jpg").touch()
    run(job(capture, tmp_path / "out"), lambda _: None)
    (capture / "new.jpg").touch()
    events = []
    report = run(job(capture, tmp_path / "out"), events.append)
    assert report["sfm"]["registered"] == 5
    assert {event["stage"] for event in events} == {"ingest", "sfm", "train", "publish"}


def test_a_run_to_another_place_finds_the_stages_that_do_not_depend_on_it(capture, tmp_path):
    for name in ("first", "second"):
        events = []
        report = run(job(capture, tmp_path / name, work=tmp_path / "work"), events.append)
        assert report["status"] == "succeeded"
        assert (tmp_path / name / "scene.sog").read_text() == "scene of a.jpg, b.jpg, c.jpg"
    assert {event["stage"] for event in events} == {"publish"}
    cached = {stage: each["cached"] for stage, each in report["stages"].items()}
    assert (cached["sfm"], cached["publish"]) == (True, False)


def test_an_empty_capture_fails_in_the_first_task_in_the_name_of_ingest(tmp_path):
    (tmp_path / "photos").mkdir()
    events = []
    report = run(job(tmp_path / "photos", tmp_path / "out"), events.append)
    assert report["failure"]["message"] == f"{tmp_path / 'photos'} holds no photos"
    assert (report["failure"]["type"], report["failure"]["stage"]) == ("InputError", "ingest")
    assert events == []
    assert names_in(tmp_path / "out") == ["progress.json", "report.html", "report.json", "run.log"]


def test_captures_of_one_pass_side_by_side_write_each_to_its_own_place(tmp_path):
    for title, photos in (("castle", "abc"), ("tower", "defg"), ("few", "hi")):
        (tmp_path / "inbox" / title).mkdir(parents=True)
        for name in photos:
            (tmp_path / "inbox" / title / f"{name}.jpg").touch()
    arguments = {"inbox": str(tmp_path / "inbox"), "output": str(tmp_path / "scenes")}
    pipeline = "tests.pipeline.stub_pipeline:stub_inbox"
    summary = run_inbox(LocalJob(arguments=arguments, pipeline=pipeline), lambda _: None)
    assert [each["title"] for each in summary["processed"]] == ["castle", "tower"]
    assert [(each["title"], each["failure"]["stage"]) for each in summary["failed"]] == [("few", "ingest")]
    for each, photos in zip(summary["processed"], (3, 4), strict=True):
        place = Path(each["output"])
        assert place.parent == tmp_path / "scenes" / each["title"]
        assert (place / "scene.sog").read_text().count(".jpg") == photos
        assert json.loads((place / "report.json").read_text())["sfm"]["registered"] == photos


def _is_gone(process):
    try:
        state = Path(f"/proc/{process}/stat").read_text().rsplit(")", 1)[1].split()[0]
    except FileNotFoundError:
        return True
    return state == "Z"


def _wait_for(condition, *, seconds):
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        try:
            value = condition()
        except (FileNotFoundError, ValueError):
            value = None
        if value:
            return value
        time.sleep(0.05)
    raise AssertionError(f"not within {seconds} s")
