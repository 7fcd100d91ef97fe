import json
import os
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

import kfp_server_api as api
import pytest
from typer.testing import CliRunner

from components.shared.timeline import Timeline
from pipelines.cli.cluster.follow import OUTAGE_SECONDS, POLL_SECONDS
from pipelines.cli.main import app
from pipelines.client.connection.connect import connect
from pipelines.client.connection.transport import TRIES
from tests.reports import make_report
from tests.service.kubeflow_server import Fault

STARTED = datetime.now(UTC).replace(microsecond=0) - timedelta(minutes=30)
NEVER = datetime(1, 1, 1, tzinfo=UTC)


def invoke(*arguments):
    return CliRunner().invoke(app, [str(argument) for argument in arguments], env={"COLUMNS": "200"})


def task(name, state, *, begins=0, minutes=None, error=None):
    """As Kubeflow answers: an end that was not reached is the year 1."""
    begin = STARTED + timedelta(minutes=begins)
    end = STARTED + timedelta(minutes=minutes) if minutes else NEVER
    status = api.GoogleRpcStatus(message=error) if error else None
    return api.V2beta1PipelineTaskDetail(
        display_name=name, state=state, start_time=begin, end_time=end, error=status
    )


def at_work(name, begins=0):
    """A task whose container runs: its pod is called the same whichever task it belongs to."""
    return [task(each, "RUNNING", begins=begins) for each in (name, f"{name}(0)", "executor(0)")]


@pytest.fixture
def add_run(kubeflow):
    def add(output, tasks=(), **facts):
        config = api.V2beta1RuntimeConfig(parameters={"capture": "s3://bucket/castle/", "output": output})
        details = api.V2beta1RunDetails(task_details=list(tasks))
        facts = {"display_name": "castle 1234", "created_at": STARTED, **facts}
        return kubeflow.add_run(runtime_config=config, run_details=details, **facts)

    return add


def record(run, stage, *, failure=None, retries=0, seconds=70.0):
    content = {"stage": stage, "run": run.run_id, "figures": {}, "seconds": seconds, "retries": retries}
    return json.dumps({**content, "failure": failure}).encode()


def tries(run, stage, count):
    return json.dumps({"run": run.run_id, "stage": stage, "tries": count}).encode()


LOST = {
    "type": "OutOfMemoryError",
    "stage": "train",
    "message": "GPU memory ran out with 900000 Gaussians",
    "remedy": "Run again: it resumes with fewer.",
    "retryable": True,
}
BAD = {
    "type": "ReconstructionError",
    "stage": "sfm",
    "message": "3 of 40 photos fit together; at least 20 must",
    "remedy": "Take photos that overlap by two thirds.",
    "retryable": False,
}


def stages(run):
    result = invoke("status", run.run_id, "--json")
    assert result.exit_code == 0, result.stderr
    return {stage["stage"]: stage for stage in json.loads(result.stdout)["stages"]}


def test_stages_from_records_tries_and_tasks(kubeflow, s3, add_run):
    tasks = [task("ingest", "SUCCEEDED", minutes=2), task("sfm", "SUCCEEDED", begins=2, minutes=9)]
    tasks += [
        *at_work("train", begins=10),
        task("root", "RUNNING"),
        task("train-driver", "SUCCEEDED", minutes=9),
    ]
    run = add_run(f"{s3.uri}/out", tasks)
    s3.put("out/stages/ingest.json", record(run, "ingest", seconds=61.0))
    s3.put("out/stages/train.json", record(run, "train", failure=LOST, retries=1))
    s3.put("out/.kubesplat/tries/train.json", tries(run, "train", 3))
    s3.put(
        "out/stages/compress.json",
        json.dumps({"stage": "compress", "run": "another", "failure": BAD}).encode(),
    )
    found = stages(run)
    assert list(found) == ["ingest", "sfm", "train", "compress", "evaluate", "publish"]
    assert [found[name]["state"] for name in found] == [
        "done",
        "done",
        "retrying",
        "waiting",
        "waiting",
        "waiting",
    ]
    assert (found["ingest"]["seconds"], found["ingest"]["retries"]) == (61.0, 0)
    assert found["sfm"]["seconds"] == 420.0
    assert found["train"]["retries"] == 2
    assert found["train"]["seconds"] >= 1200.0
    assert found["train"]["failure"] == LOST


def test_a_table_for_people(kubeflow, s3, add_run):
    run = add_run(f"{s3.uri}/out", at_work("ingest"))
    s3.put("out/.kubesplat/tries/ingest.json", tries(run, "ingest", 2))
    result = invoke("status", "castle 1234")
    lines = {line.split()[0]: line.split() for line in result.stdout.splitlines() if line.strip()}
    assert lines["castle"] == ["castle", "1234", "RUNNING"]
    assert lines["run"][1] == run.run_id
    assert lines["results"][1] == f"{s3.uri}/out"
    assert lines["ingest"][:2] == ["ingest", "running"]
    assert lines["ingest"][3] == "1"
    assert lines["sfm"] == ["sfm", "waiting"]


def test_the_cause_of_a_failure_is_the_reports(kubeflow, s3, add_run):
    run = add_run(f"{s3.uri}/out", [task("sfm", "FAILED", minutes=3)], state="FAILED")
    run.finished_at = datetime.now(UTC)
    nothing = {"seconds": None, "retries": None, "cached": None}
    failed = {"seconds": 160.0, "retries": 0, "cached": False}
    report = make_report(BAD, stages={"ingest": nothing, "sfm": failed, "train": nothing})
    s3.put("out/report.json", json.dumps(report.to_json()).encode())
    result = invoke("status", run.run_id)
    assert BAD["message"] in result.stdout
    assert "The photos do not fit together (sfm)" in result.stderr
    assert f"What to do: {BAD['remedy']}" in result.stderr
    found = stages(run)
    assert found["sfm"]["state"] == "failed"
    assert found["train"]["state"] == "not run"


def test_a_report_of_an_earlier_run_is_not_taken_for_this_ones(kubeflow, s3, add_run):
    yesterday = STARTED - timedelta(days=1)
    run = add_run(
        f"{s3.uri}/out", state="FAILED", created_at=yesterday, finished_at=yesterday + timedelta(hours=1)
    )
    s3.put("out/report.json", json.dumps(make_report(BAD).to_json()).encode())
    result = invoke("status", run.run_id, "--json")
    assert json.loads(result.stdout)["failure"]["message"] == "the run failed without a record of the cause"


def test_without_access_to_the_results_kubeflows_states_are_shown(kubeflow, s3, add_run, monkeypatch):
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "wrong")
    run = add_run(f"{s3.uri}/out", [task("train", "FAILED", minutes=5, error="OOMKilled")], state="FAILED")
    result = invoke("status", run.run_id)
    assert "could not be read" in result.stdout
    assert "the secret key is wrong" in result.stdout
    assert "OOMKilled" in result.stdout
    assert "kubectl" in result.stderr


def test_a_run_that_does_not_start_is_called_so(kubeflow, s3, add_run):
    half_an_hour_ago = datetime.now(UTC) - timedelta(minutes=30)
    run = add_run(f"{s3.uri}/out", state="PENDING", created_at=half_an_hour_ago)
    result = invoke("status", run.run_id)
    assert "Nothing has started for 30m" in result.stdout
    assert f"kubectl describe pods -n kubeflow -l pipeline/runid={run.run_id}" in result.stdout


def test_waiting_shows_changes_and_exits_as_the_run(kubeflow, s3, add_run, monkeypatch):
    run = add_run(f"{s3.uri}/out", [task("sfm", "RUNNING")])
    s3.put("out/stages/sfm.json", record(run, "sfm", failure=BAD))

    def fail(seconds):
        kubeflow.pauses.append(seconds)
        run.run_details.task_details[0].state = run.state = "FAILED"
        run.finished_at = datetime.now(UTC)

    monkeypatch.setattr("pipelines.cli.cluster.connection.connect", partial(connect, sleep=fail))
    result = invoke("status", run.run_id, "--wait")
    assert result.exit_code == 4
    assert result.stderr.startswith("sfm: failed, 1m10s\n")
    assert BAD["remedy"] in result.stderr
    assert kubeflow.pauses == [10.0]


def test_following_shows_progress_and_time_left(kubeflow, s3, add_run, monkeypatch):
    run = add_run(f"{s3.uri}/out", [task("train", "RUNNING")])
    timeline = Timeline(started=100.0)
    event = {"stage": "train", "note": "Loss=0.0250", "starts_pace": False}
    timeline.add({**event, "time": 100.0, "phase": "start", "fraction": 0.0})
    timeline.add({**event, "time": 140.0, "phase": "Iter 1000", "fraction": 0.4})
    s3.put("out/progress.json", json.dumps(timeline.describe(140.0, run.run_id).to_json()).encode())

    def succeed(_):
        run.run_details.task_details[0].state = run.state = "SUCCEEDED"
        run.finished_at = datetime.now(UTC)

    monkeypatch.setattr("pipelines.cli.cluster.connection.connect", partial(connect, sleep=succeed))
    result = invoke("status", run.run_id, "--follow")
    assert "train: Iter 1000: Loss=0.0250, 1m00s left; 34% of the run, about 1m18s left" in result.stderr


def test_a_cancelled_run_did_not_fail(kubeflow, s3, add_run):
    history = [api.V2beta1RuntimeStatus(state=state) for state in ("RUNNING", "CANCELING", "FAILED")]
    run = add_run(f"{s3.uri}/out", state="FAILED", state_history=history)
    facts = json.loads(invoke("status", run.run_id, "--json").stdout)
    assert (facts["state"], facts["failure"]) == ("CANCELED", None)
    assert invoke("status", run.run_id, "--wait").exit_code == 130


def test_waiting_outlasts_minutes_in_which_kubeflow_does_not_answer(kubeflow, s3, add_run):
    run = add_run(f"{s3.uri}/out", state="SUCCEEDED")
    kubeflow.faults.append(Fault("get_run", times=5 * TRIES, status=503))
    result = invoke("status", run.run_id, "--wait")
    assert result.exit_code == 0
    assert result.stderr.count("the run continues, waiting for an answer") == 1
    assert kubeflow.pauses.count(POLL_SECONDS) == 5


def test_waiting_ends_where_kubeflow_does_not_come_back(kubeflow, s3, add_run):
    run = add_run(f"{s3.uri}/out")
    kubeflow.faults.append(Fault("get_run", times=1000, status=503))
    result = invoke("status", run.run_id, "--wait")
    assert result.exit_code == 5
    assert kubeflow.pauses.count(POLL_SECONDS) == OUTAGE_SECONDS / POLL_SECONDS


def test_waiting_survives_a_failure_of_kubeflow(kubeflow, s3, add_run):
    run = add_run(f"{s3.uri}/out", state="SUCCEEDED")
    kubeflow.faults.append(Fault("get_run", times=3, status=503))
    assert invoke("status", run.run_id, "--wait").exit_code == 0
    assert kubeflow.pauses == [0.5, 1.0, 2.0]


def test_the_newest_ten_and_all(kubeflow, add_run):
    for number in range(53):
        add_run("s3://b/o", display_name=f"run {number}", created_at=STARTED + timedelta(seconds=number))
    newest = json.loads(invoke("status", "--json").stdout)
    assert [run["name"] for run in newest] == [f"run {number}" for number in range(52, 42, -1)]
    assert len(json.loads(invoke("status", "--all", "--json").stdout)) == 53
    assert "run 52" in invoke("status").stdout


@pytest.mark.parametrize("arguments", [["status"], ["status", "--json"], ["status", "castle 1234"]])
def test_a_closed_pipe_ends_the_command_quietly(kubeflow, add_run, arguments):
    add_run("s3://b/o")
    read, write = os.pipe()
    os.close(read)  # as after `| head -1` has ended
    command = [Path(sys.executable).with_name("kubesplat"), *arguments]
    ended = subprocess.run(command, stdout=write, stderr=subprocess.PIPE)
    os.close(write)
    assert (ended.returncode, ended.stderr) == (141, b"")


def test_no_runs_yet(kubeflow):
    assert "There are no runs yet" in invoke("status").stdout


@pytest.mark.parametrize("name", ["nothing", "00000000-0000-0000-0000-000000000000"])
@pytest.mark.parametrize("command", ["status", "fetch", "cancel"])
def test_an_unknown_run(kubeflow, command, name):
    result = invoke(command, name)
    assert result.exit_code == 2
    assert "Kubeflow has no such object" in result.stderr
    assert kubeflow.count("terminate") == 0


def test_fetch_leaves_out_checkpoints_and_records(kubeflow, s3, add_run, tmp_path):
    run = add_run(f"{s3.uri}/out", state="SUCCEEDED")
    for name in ("scene.sog", "report.json", ".kubesplat/checkpoints/a/step-1.pt", "stages/train.json"):
        s3.put(f"out/{name}", name.encode())
    result = invoke("fetch", run.run_id, tmp_path / "castle")
    assert result.exit_code == 0, result.stderr
    assert {path.name for path in (tmp_path / "castle").iterdir()} == {"scene.sog", "report.json"}
    assert (tmp_path / "castle/scene.sog").read_bytes() == b"scene.sog"
    assert str(tmp_path / "castle/scene.sog") in result.stdout


def test_fetch_of_nothing_says_where_to_look(kubeflow, s3, add_run, tmp_path):
    result = invoke("fetch", add_run(f"{s3.uri}/out").run_id, tmp_path)
    assert result.exit_code == 5
    assert f"there are no results in {s3.uri}/out" in result.stderr


def test_cancel_is_repeated_after_an_error(kubeflow, add_run):
    run = add_run("s3://b/o")
    kubeflow.faults.append(Fault("terminate_run", breaks_off=True, after_work=True))
    assert "Cancelling 'castle 1234'" in invoke("cancel", run.run_id).stdout
    assert (run.state, kubeflow.count("terminate_run")) == ("CANCELING", 2)


def test_cancel_leaves_a_run_that_has_ended(kubeflow, add_run):
    run = add_run("s3://b/o", state="SUCCEEDED")
    assert "has already ended: SUCCEEDED" in invoke("cancel", run.run_id).stdout
    assert kubeflow.count("terminate_run") == 0


def test_upload_then_submit(kubeflow, s3, package, tmp_path):
    photos = tmp_path / "castle"
    (photos / "left").mkdir(parents=True)
    for name in ("a.jpg", "left/b.jpg", ".DS_Store"):
        (photos / name).write_bytes(name.encode())
    result = invoke("submit", photos, "--upload", f"{s3.uri}/captures", "--package", package)
    assert result.exit_code == 0, result.stderr
    assert s3.names() == ["captures/castle/a.jpg", "captures/castle/left/b.jpg"]
    assert s3.get("captures/castle/left/b.jpg") == b"left/b.jpg"
    (run,) = kubeflow.runs.values()
    assert run.runtime_config.parameters["capture"] == f"{s3.uri}/captures/castle/"
    assert run.runtime_config.parameters["output"] == f"{s3.uri}/captures/castle-scene"


def test_an_upload_that_fails_submits_nothing(kubeflow, s3, package, tmp_path, monkeypatch):
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", s3.server.reader_access_key)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", s3.server.reader_secret_key)
    (tmp_path / "castle.zip").write_bytes(b"PK")
    result = invoke("submit", tmp_path / "castle.zip", "--upload", s3.uri, "--package", package)
    assert result.exit_code == 5
    assert "castle.zip" in result.stderr
    assert "access is denied" in result.stderr
    assert kubeflow.count("create_run") == 0
