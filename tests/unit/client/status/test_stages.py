from datetime import UTC, datetime, timedelta

import pytest

from components.shared.contracts.record import StageRecord
from components.shared.errors import OutOfMemoryError, RunCancelledError, StageLostError
from pipelines.client.runs import Run, read_run
from pipelines.client.status.pods import Pods, pods_of
from pipelines.client.status.run_records import RunRecords, read_run_records
from pipelines.client.status.stages import failure_of, stage_statuses
from tests.recorded_runs import at, recorded_pods, recorded_run
from tests.reports import make_report

STAGES = ["ingest", "sfm", "train", "compress", "evaluate", "publish"]
KILLED = "run_succeeded_after_two_kills"
"""Of its training the first pod was deleted after 82 s, the second killed after 40 s; the third took 89 s."""
DELETED = "run_succeeded_after_deleted_pod"
"""Its second training pod ran at 04:08:39; Kubeflow recorded that at 04:09:20."""
NOISE = "run_failed_bad_photos"
"""SfM failed in three pods."""
MEMORY = OutOfMemoryError("GPU memory ran out", remedy="Run again.").to_failure("train")


def states(name, until=None, records=None, pods=()):
    answer = recorded_run(name, until)
    now = at(answer, until) if until else datetime.now(UTC)
    found = stage_statuses(read_run(answer), records or RunRecords(), Pods(pods_of(list(pods))), now)
    return {each.stage: each for each in found}


def record(failure=None, stage="train", **values):
    return StageRecord(**{"stage": stage, "failure": failure, "seconds": 70.0} | values)


def test_a_stage_has_taken_the_time_of_all_its_tries():
    found = states(KILLED)
    assert list(found) == STAGES
    assert {each.state for each in found.values()} == {"done"}
    assert (found["train"].seconds, found["train"].retries) == (82 + 40 + 89, 2)
    assert (found["sfm"].seconds, found["sfm"].retries) == (60, 0)


@pytest.mark.parametrize(
    ("until", "state", "seconds", "retries"),
    [
        ("18:25:26", "starting", None, None),  # its driver is at work
        ("18:25:40", "starting", None, 0),
        ("18:26:32", "running", 60, 0),
        ("18:27:30", "retrying", 82, 0),  # nothing runs: Argo waits before the next try
        ("18:28:10", "starting", 82, 1),
        ("18:28:35", "running", 82 + 30, 1),
    ],
)
def test_a_training_that_is_killed_goes_through_these_states(until, state, seconds, retries):
    train = states(KILLED, until)["train"]
    assert (train.state, train.seconds, train.retries) == (state, seconds, retries)
    assert states(KILLED, until)["compress"].state == "waiting"


def test_before_the_first_stage_that_stage_is_starting():
    found = states(KILLED, "18:23:35")
    assert [each.state for each in found.values()] == ["starting"] + 5 * ["waiting"]


def test_a_pod_before_the_first_stage_that_waits_is_shown_there():
    (pod,) = recorded_pods("large")
    pod["metadata"]["labels"]["kubesplat/stage"] = "list-capture"
    ingest = states(KILLED, "18:23:35", pods=[pod])["ingest"]
    assert (ingest.state, ingest.waits_for[:34]) == (
        "waiting for a node",
        "no node with 64 CPU and 500Gi free",
    )


def test_after_a_failure_the_other_stages_were_not_run():
    found = states(NOISE)
    assert [each.state for each in found.values()] == ["done", "failed"] + 4 * ["not run"]
    assert found["sfm"].retries == 2


def test_stages_whose_whole_dag_was_repeated_count_all_pods():
    found = states("run_nested_retries_cancelled")
    assert (found["ingest"].retries, found["sfm"].retries) == (3, 12)
    assert found["sfm"].state == "stopped"  # the run was cancelled


def test_a_pod_that_never_ran_took_no_time():
    answer = recorded_run(KILLED)
    (pod,) = [
        each
        for each in answer.run_details.task_details
        if each.start_time == at(answer, "18:28:05") and each.display_name == "executor(1)"
    ]
    pod.state_history = [each for each in pod.state_history if each.state != "RUNNING"]
    found = stage_statuses(read_run(answer), RunRecords(), Pods(), datetime.now(UTC))
    assert found[2].seconds == 82 + 89


def test_an_inspection_is_shown_where_the_run_has_one():
    inspected = RunRecords(stages={"inspect": record(stage="inspect")})
    found = states(KILLED, records=inspected)
    assert list(found) == ["inspect", *STAGES]
    assert (found["inspect"].state, found["inspect"].seconds) == ("done", 70.0)
    begun = states(KILLED, "18:25:26", RunRecords(tries={"inspect": 1}))
    assert begun["inspect"].retries == 0


def test_a_pod_that_runs_makes_a_stage_running_before_kubeflow_reports_it():
    (pod,) = recorded_pods("trained again")
    for container in pod["status"]["containerStatuses"]:
        ended = container["state"].pop("terminated")
        container["state"]["running"] = {"startedAt": ended["startedAt"]}
    pod["status"]["phase"] = "Running"
    assert states(DELETED, "04:09:10")["train"].state == "starting"
    train = states(DELETED, "04:09:10", pods=[pod])["train"]
    assert (train.state, train.seconds, train.retries) == ("running", 31, 1)
    assert states(DELETED, "04:09:30", pods=[pod])["train"].state == "running"


def test_an_unschedulable_pod_names_the_requested_gpu():
    train = states(KILLED, "18:28:10", pods=recorded_pods("waits"))["train"]
    assert train.state == "waiting for a node"
    assert train.waits_for.startswith("no A10G: 0/1 nodes are available: 1 node(s) didn't match Pod's node")


def test_a_pod_without_its_image_cannot_start():
    train = states(KILLED, "18:28:10", pods=recorded_pods("image"))["train"]
    assert train.state == "cannot start"
    assert "kubesplat/gpu:0.1.0 cannot be pulled (ImagePullBackOff)" in train.waits_for


def test_a_stage_that_runs_again_after_its_own_failure_is_retried():
    records = RunRecords(stages={"train": record(MEMORY)}, tries={"train": 2})
    train = states(KILLED, "18:28:35", records)["train"]
    assert (train.state, train.failure, train.seconds) == ("retrying", MEMORY, 82 + 30)


def test_a_cause_from_kubernetes_takes_precedence_over_a_lost_stage_in_the_report():
    lost = StageLostError("train was lost", remedy="Run again.").to_failure("train")
    records = RunRecords(report=make_report(lost), tries={"train": 2})
    answer = recorded_run(NOISE)
    answer.run_details.task_details[0].display_name = "train"
    run = read_run(answer)
    stages = stage_statuses(run, records, Pods(pods_of(recorded_pods("oom"))), run.finished_at)
    assert failure_of(run, stages, records, "kubeflow").type == "OutOfMemoryError"
    stages = stage_statuses(run, records, Pods(), run.finished_at)
    assert failure_of(run, stages, records, "kubeflow") == lost


def test_a_final_failure_is_no_retry_while_argo_waits_before_it_sees_that():
    final = record(MEMORY, final=True)
    train = states(KILLED, "18:28:35", RunRecords(stages={"train": final}, tries={"train": 1}))["train"]
    assert (train.state, train.failure) == ("failed", MEMORY)


def test_the_cause_is_that_of_the_last_try_and_not_of_the_first():
    records = RunRecords(stages={"train": record(MEMORY)}, tries={"train": 2})
    answer = recorded_run(NOISE)
    train = next(task for task in answer.run_details.task_details if task.display_name == "train")
    train.state = "FAILED"
    run = read_run(answer)
    (lost,) = [
        each for each in stage_statuses(run, records, Pods(), run.finished_at) if each.stage == "train"
    ]
    assert lost.failure.message == "try 2 of train left no record"
    pods = Pods(pods_of(recorded_pods("evicted", "oom")))
    stages = stage_statuses(run, records, pods, run.finished_at)
    failure = failure_of(run, stages, records, "kubeflow")
    assert failure.type == "OutOfMemoryError"
    assert failure.message == "train was killed for memory: it used more than its limit of 64Mi (OOMKilled)"


def test_the_cause_is_that_of_the_last_try_while_the_next_one_runs():
    records = RunRecords(stages={"train": record(MEMORY)}, tries={"train": 3})
    train = states(KILLED, "18:32:00", records, recorded_pods("oom"))["train"]
    assert (train.state, train.retries) == ("retrying", 2)
    assert train.failure.message.startswith("train was killed for memory")
    unseen = states(KILLED, "18:32:00", records)["train"]
    assert unseen.failure.message == "try 2 of train left no record"


def test_a_stage_is_not_done_by_a_try_that_was_given_up_while_another_runs():
    """As after a node that did not answer: its pod had gone on, and ended well."""
    records = RunRecords(stages={"train": record()}, tries={"train": 2})
    assert states(KILLED, "18:28:35", records)["train"].state == "running"


def test_no_stage_of_a_cancelled_run_is_active():
    answer = recorded_run(KILLED, "18:28:35")
    answer.state, answer.finished_at = "CANCELED", at(answer, "18:29:00")
    found = stage_statuses(read_run(answer), RunRecords(), Pods(), datetime.now(UTC))
    assert [each.state for each in found] == ["done", "done", "stopped"] + 3 * ["not run"]
    assert found[2].seconds == 82 + 55


@pytest.mark.parametrize("state", ["CANCELING", "CANCELED"])
@pytest.mark.parametrize("error", [RunCancelledError, StageLostError])
def test_a_stage_that_cancelling_ended_was_stopped_and_has_not_failed(state, error):
    """As after `kubesplat cancel` of a real run: Kubeflow calls the executor of train FAILED."""
    answer = recorded_run(KILLED, "18:27:30")
    answer.state = state
    failure = error("train ended", remedy="Run the same command again.").to_failure("train")
    records = RunRecords(stages={"train": record(failure)}, tries={"train": 1})
    train = stage_statuses(read_run(answer), records, Pods(), at(answer, "18:27:30"))[2]
    assert (train.state, train.failure, train.seconds) == ("stopped", None, 70.0)
    assert failure_of(read_run(answer), [train], records, "kubeflow") is None


def test_a_stage_that_failed_before_its_run_was_cancelled_has_failed():
    answer = recorded_run(KILLED, "18:27:30")
    answer.state = "CANCELED"
    records = RunRecords(stages={"train": record(MEMORY)}, tries={"train": 1})
    train = stage_statuses(read_run(answer), records, Pods(), at(answer, "18:27:30"))[2]
    assert (train.state, train.failure) == ("failed", MEMORY)


def test_a_record_makes_a_stage_done_before_kubeflow_reports_it():
    train = states(KILLED, "18:28:35", RunRecords(stages={"train": record(retries=1, seconds=120.0)}))[
        "train"
    ]
    assert (train.state, train.seconds, train.retries) == ("done", 120.0, 1)


def test_a_stage_from_the_cache_is_reused():
    cached = {"seconds": None, "retries": None, "cached": True}
    found = states(KILLED, records=RunRecords(report=make_report(stages={"sfm": cached})))
    assert (found["sfm"].state, found["sfm"].seconds) == ("reused", None)


def test_a_failure_without_a_record_names_the_stage_and_the_command_to_look_with():
    run = read_run(recorded_run(NOISE))
    failure = failure_of(
        run, stage_statuses(run, RunRecords(), Pods(), datetime.now(UTC)), RunRecords(), "kubeflow"
    )
    assert (failure.stage, failure.type) == ("sfm", "StageLostError")
    assert f"pipeline/runid={run.id}" in failure.remedy


def test_a_run_that_is_under_way_has_no_failure():
    run = read_run(recorded_run(NOISE, "18:54:20"))
    records = RunRecords(stages={"sfm": record(MEMORY, "sfm")})
    stages = stage_statuses(run, records, Pods(), datetime.now(UTC))
    assert failure_of(run, stages, records, "kubeflow") is None


def test_the_tasks_of_another_pipeline_are_its_stages():
    found = states("inbox_run_nothing_to_do")
    assert [(each.stage, each.state) for each in found.values()] == [
        ("find-captures", "done"),
        ("sum-up", "done"),
    ]


def test_captures_without_readable_records_are_numbered():
    """Two captures were begun; of the second the run was cancelled, and Kubeflow calls it RUNNING still."""
    found = states("inbox_run_cancelled")
    assert {name: each.state for name, each in found.items()} == {
        "find-captures": "done",
        "capture 1": "done",
        "capture 2": "stopped",
    }
    assert found["capture 1"].seconds == 288


def test_a_pass_whose_first_pod_cannot_start_says_why():
    (pod,) = recorded_pods("image")
    pod["metadata"]["labels"]["kubesplat/stage"] = "inbox"
    first = states("inbox_run_cancelled", "18:36:20", pods=[pod])["find-captures"]
    assert first.state == "cannot start"
    assert "cannot be pulled (ImagePullBackOff)" in first.waits_for


def run_of(**parameters):
    now = datetime.now(UTC)
    return Run("id", "castle", "RUNNING", now - timedelta(minutes=1), None, parameters, "")


def test_the_output_is_where_the_pipeline_puts_it():
    assert run_of(capture="s3://bucket/castle/").output == "s3://bucket/castle-scene"
    assert run_of(capture="s3://bucket/castle/", output="s3://b/out/").output == "s3://b/out"
    assert run_of(inbox="s3://bucket/in/").output == "s3://bucket/in-scenes"
    assert run_of(capture="s3://bucket").output is None
    assert run_of(other=1).output is None


def test_a_folder_on_the_cluster_cannot_be_read_here():
    run = run_of(capture="s3://bucket/castle/", output="/mnt/out")
    assert (
        read_run_records(run, run.output).problem == "the results are in /mnt/out on the cluster, not in S3"
    )
