"""Passes over an inbox, with runs as the cluster returned them and what such runs leave in S3."""

import json
from datetime import UTC, datetime

import pytest
from typer.testing import CliRunner

from pipelines.cli.main import app
from pipelines.client.status import inspect_run
from pipelines.client.status.pods import Pods, pods_of
from tests.recorded_runs import recorded_pods, recorded_run
from tests.reports import make_report

CANCELLED, NOTHING_TO_DO = "inbox_run_cancelled", "inbox_run_nothing_to_do"
NODE = "x(0).for-loop-2(0).iteration-iterations(1:1)(0).photos-to-sog(0).train(0).executor(0)"
BAD = {
    "type": "ReconstructionError",
    "stage": "sfm",
    "message": "3 of 40 photos fit together; at least 20 must",
    "remedy": "Take photos that overlap by two thirds.",
    "retryable": False,
}


def invoke(*arguments):
    return CliRunner().invoke(app, [str(argument) for argument in arguments], env={"COLUMNS": "200"})


@pytest.fixture
def inbox_run(kubeflow, s3):
    def add(name, until=None):
        run = recorded_run(name, until)
        run.runtime_config.parameters |= {"inbox": f"{s3.uri}/shop", "output": f"{s3.uri}/scenes"}
        kubeflow.runs[run.run_id] = run
        return run

    return add


@pytest.fixture
def put(s3):
    return lambda name, content: s3.put(f"scenes/{name}", json.dumps(content).encode())


def planned(s3, title, begin=True, reason="new"):
    places = {"capture": f"{s3.uri}/shop/{title}/", "output": f"{s3.uri}/scenes/{title}"}
    return {"title": title, **places, "begin": begin, "reason": reason}


def record(run, stage, failure=None, seconds=60.0):
    return {"stage": stage, "run": run.run_id, "seconds": seconds, "retries": 0, "failure": failure}


def plan(run, put, *captures):
    content = {"inbox": "s3://b/shop", "output": "s3://b/scenes", "captures": captures, "loose": []}
    put(f".kubesplat/plans/{run.run_id}.json", content)


def captures(run):
    result = invoke("status", run.run_id, "--json")
    assert result.exit_code == 0, result.stderr
    return {each["capture"]: each for each in json.loads(result.stdout)["captures"]}


def test_a_pass_under_way_shows_each_capture_with_its_stage_and_cause(inbox_run, put, s3):
    run = inbox_run(CANCELLED, "18:46:00")
    done, skipped = planned(s3, "castle"), planned(s3, "old", begin=False, reason="has a scene")
    plan(run, put, done, planned(s3, "noise"), planned(s3, "tower"), planned(s3, "walk"), skipped)
    stages = {"train": {"seconds": 39.0, "retries": 0, "cached": False}}
    put("castle/report.json", make_report(run=run.run_id, stages=stages).to_json())
    put("noise/stages/ingest.json", record(run, "ingest"))
    put("noise/stages/sfm.json", record(run, "sfm", BAD))
    put("tower/stages/ingest.json", record(run, "ingest"))
    put("tower/.kubesplat/tries/sfm.json", {"run": run.run_id, "stage": "sfm", "tries": 2})
    found = captures(run)
    assert {name: (each["state"], each["stage"]) for name, each in found.items()} == {
        "castle": ("done", ""),
        "noise": ("failed", "sfm"),
        "tower": ("running", "sfm"),
        "walk": ("waiting", ""),
        "old": ("skipped", ""),
    }
    assert found["castle"]["seconds"] == 39.0
    assert found["noise"]["failure"] == BAD
    assert found["walk"]["output"] == f"{s3.uri}/scenes/walk"
    lines = invoke("status", run.run_id).stdout
    assert "executor" not in lines
    assert "find-captures-driver" not in lines
    row = next(line for line in lines.splitlines() if line.startswith("noise"))
    assert row.split()[:3] == ["noise", "failed", "sfm"]
    assert BAD["message"] in row
    assert row.endswith(f"{s3.uri}/scenes/noise")


def test_a_capture_whose_pod_waits_says_for_what(inbox_run, put, s3, monkeypatch):
    run = inbox_run(CANCELLED, "18:46:00")
    plan(run, put, planned(s3, "castle"), planned(s3, "tower"))
    (pod,) = recorded_pods("waits")
    pod["metadata"]["annotations"] = {"workflows.argoproj.io/node-name": NODE}
    monkeypatch.setattr(inspect_run, "read_pods", lambda *_: Pods(pods_of([pod])))
    found = captures(run)
    assert found["castle"]["state"] == "waiting"
    assert (found["tower"]["state"], found["tower"]["stage"]) == ("waiting for a node", "train")
    assert found["tower"]["reason"].startswith("no A10G: 0/1 nodes are available")


def summary(run, s3, **facts):
    content = {"run": run.run_id, "failure": None, "processed": [], "failed": [], "skipped": [], "loose": []}
    return {**content, "output": f"{s3.uri}/scenes", **facts}


def outcome(s3, title, failure=None):
    known = {"title": title, "output": f"{s3.uri}/scenes/{title}", "failure": failure}
    return {**known, "seconds": None if failure else 90.0}


def test_an_ended_pass_shows_its_summary_and_exits_as_its_first_failure(inbox_run, put, s3):
    run = inbox_run(CANCELLED)
    run.state, run.state_history = "FAILED", []
    parts = {"processed": [outcome(s3, "castle")], "failed": [outcome(s3, "noise", BAD)]}
    put("inbox-summary.json", summary(run, s3, **parts))
    found = captures(run)
    assert [(each["capture"], each["state"]) for each in found.values()] == [
        ("castle", "done"),
        ("noise", "failed"),
    ]
    ended = invoke("status", run.run_id, "--wait")
    assert ended.exit_code == 4
    assert f"1 of 2 captures failed. noise: {BAD['message']}" in " ".join(ended.stderr.split())


def test_a_pass_with_nothing_to_do_says_why(inbox_run, put, s3):
    run = inbox_run(NOTHING_TO_DO)
    skipped = {"title": "castle", "output": f"{s3.uri}/scenes/castle", "reason": "has a scene"}
    put("inbox-summary.json", summary(run, s3, skipped=[skipped]))
    assert captures(run)["castle"]["reason"] == "has a scene"
    assert "has a scene" in invoke("status", run.run_id).stdout


def test_after_later_passes_the_notes_beside_the_results_tell_what_a_run_began(inbox_run, put, s3):
    run = inbox_run(CANCELLED)
    run.created_at = run.finished_at = datetime.now(UTC)
    put("inbox-summary.json", {"run": "a later one"})
    put("castle/inbox.json", {"run": run.run_id})
    put("tower/inbox.json", {"run": "a later one"})
    put("castle/report.json", make_report(run=run.run_id).to_json())
    assert [(each["capture"], each["state"]) for each in captures(run).values()] == [("castle", "done")]


def test_without_access_to_the_inbox_its_own_tasks_are_shown(inbox_run, s3, monkeypatch):
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "wrong")
    result = invoke("status", inbox_run(NOTHING_TO_DO).run_id)
    assert [line.split()[:2] for line in result.stdout.splitlines() if line.startswith(("find", "sum"))] == [
        ["find-captures", "done"],
        ["sum-up", "done"],
    ]
    assert "access is denied" in result.stdout


def test_fetch_brings_what_each_capture_delivered(inbox_run, put, s3, tmp_path):
    run = inbox_run(CANCELLED)
    parts = {"processed": [outcome(s3, "castle")], "failed": [outcome(s3, "noise", BAD)]}
    put("inbox-summary.json", summary(run, s3, **parts))
    put("castle/scene.sog", {})
    put("castle/stages/sfm.json", {})
    put("noise/report.json", {})
    result = invoke("fetch", run.run_id, tmp_path)
    assert result.exit_code == 0, result.stderr
    files = [path.relative_to(tmp_path).as_posix() for path in tmp_path.rglob("*") if path.is_file()]
    assert files == ["castle/scene.sog"]


def test_fetch_of_a_pass_without_a_scene_says_so(inbox_run, put, s3, tmp_path):
    run = inbox_run(CANCELLED)
    put("inbox-summary.json", summary(run, s3, failed=[outcome(s3, "noise", BAD)]))
    result = invoke("fetch", run.run_id, tmp_path)
    assert result.exit_code == 2
    assert "none of its 1 captures is done" in result.stderr
    assert f"kubesplat status {run.run_id}" in result.stderr
