from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

from pipelines.client.records import Records, read_records
from pipelines.client.runs import Run
from pipelines.client.stages import failure_of, stage_states

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
STARTED = NOW - timedelta(minutes=10)
CAPTURE = {"capture": "s3://bucket/castle/"}


def task(name, state, started=STARTED, ended=None):
    facts = {"display_name": name, "state": state, "start_time": started, "end_time": ended}
    return SimpleNamespace(**facts, error=None, executor_detail=None)


def run_of(state, *tasks, parameters=CAPTURE, finished=None):
    return Run("id", "castle", state, STARTED, finished, parameters, "", tuple(tasks))


def states(run, records=None):
    return {each.stage: each for each in stage_states(run, records or Records(), NOW)}


def test_before_anything_begins_all_stages_wait():
    assert [each.state for each in states(run_of("PENDING")).values()] == ["waiting"] * 6


def test_a_pod_that_is_prepared_is_starting():
    found = states(run_of("RUNNING", task("ingest-driver", "SUCCEEDED")))
    assert (found["ingest"].state, found["sfm"].state) == ("starting", "waiting")


def test_a_running_stage_has_taken_its_time_so_far():
    found = states(run_of("RUNNING", task("sfm", "RUNNING")))
    assert (found["sfm"].state, found["sfm"].seconds) == ("running", 600.0)


def test_ends_that_were_not_reached_are_no_times():
    ended = datetime(1970, 1, 1, tzinfo=UTC)
    assert states(run_of("RUNNING", task("sfm", "RUNNING", ended=ended)))["sfm"].seconds == 600.0


def test_a_stage_that_kubeflow_lost_is_done_by_its_own_record():
    record = {"run": "id", "seconds": 12.0, "retries": 1, "failure": None}
    found = states(run_of("RUNNING"), Records(stages={"sfm": record}))
    assert (found["sfm"].state, found["sfm"].seconds, found["sfm"].retries) == ("done", 12.0, 1)


def test_a_reused_result_is_called_so():
    cached = {"seconds": None, "retries": None, "cached": True}
    report = {"failure": None, "stages": {"sfm": cached}}
    found = states(run_of("SUCCEEDED", task("sfm", "SUCCEEDED"), finished=NOW), Records(report=report))
    assert (found["sfm"].state, found["sfm"].seconds) == ("reused", None)


def test_a_run_that_failed_without_a_word_names_its_stage_and_where_to_look():
    run = run_of("FAILED", task("ingest", "FAILED", ended=NOW), finished=NOW)
    failure = failure_of(run, stage_states(run, Records(), NOW), Records())
    assert (failure["stage"], failure["type"]) == ("ingest", "StageLostError")
    assert "pipeline/runid=id" in failure["remedy"]


def test_a_run_that_is_under_way_has_no_failure():
    record = {"seconds": 1.0, "retries": 0, "failure": {"stage": "sfm", "message": "memory ran out"}}
    records = Records(stages={"sfm": record})
    run = run_of("RUNNING", task("sfm", "RUNNING"))
    assert failure_of(run, stage_states(run, records, NOW), records) is None
    assert states(run, records)["sfm"].state == "retrying"


def test_of_another_pipeline_its_tasks_are_shown_in_their_order():
    tasks = [
        task("sum-up", "PENDING", started=NOW),
        task("find-captures", "SUCCEEDED", ended=NOW),
        task("find-captures-driver", "SUCCEEDED"),
        task("root", "RUNNING"),
        task("executor", "RUNNING"),
    ]
    found = states(run_of("RUNNING", *tasks, parameters={"inbox": "s3://bucket/inbox"}))
    assert list(found) == ["find-captures", "sum-up"]


def test_the_output_is_where_the_pipeline_puts_it():
    assert run_of("RUNNING").output == "s3://bucket/castle-scene"
    assert run_of("RUNNING", parameters={**CAPTURE, "output": "s3://b/out/"}).output == "s3://b/out"
    assert run_of("RUNNING", parameters={"capture": "s3://bucket"}).output is None


def test_a_folder_on_the_cluster_cannot_be_read_here():
    records = read_records(run_of("RUNNING", parameters={**CAPTURE, "output": "/mnt/out"}))
    assert records.problem == "the results are in /mnt/out on the cluster, not in S3"
