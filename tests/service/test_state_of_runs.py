"""What tasks learn of a run from Kubeflow's API: that theirs was cancelled, that another one has ended."""

import json
from functools import partial

import pytest
from kfp import dsl

from components.publish.component import conclude
from components.shared import kubeflow_api
from components.shared.storage import open_storage
from components.shared.tries import count_try
from pipelines.inbox_to_sogs.plan import plan_pass
from pipelines.inbox_to_sogs.settings import InboxSettings
from tests.service.kubeflow_server import Fault


@pytest.fixture
def begin_run(kubeflow, monkeypatch):
    """Tasks are of a run in this state from now on; returns it."""

    def begin(state):
        run = kubeflow.add_run(state=state)
        monkeypatch.setenv("KUBESPLAT_RUN", run.run_id)
        monkeypatch.setenv("KUBERNETES_SERVICE_HOST", "10.96.0.1")
        monkeypatch.setattr(kubeflow_api, "IN_CLUSTER_HOST", kubeflow.host)
        return run

    return begin


@pytest.fixture
def failure_of_run(begin_run, tmp_path):
    """The failure that the exit task reports of a run whose training was killed, by the run's state.

    Kubeflow 2.17 tells the exit task of a cancelled run, too, that the run is RUNNING.
    """

    def conclude_run(state):
        begin_run(state)
        count_try(open_storage(str(tmp_path)), "train", 1)
        final_status = dsl.PipelineTaskFinalStatus(
            state="RUNNING",
            pipeline_job_resource_name="photos-to-sog-rgcn4",
            pipeline_task_name="exit-handler-1",
            error_code=None,
            error_message=None,
        )
        conclude.python_func(
            capture="s3://bucket/castle/", output=str(tmp_path), pipeline_status=final_status
        )
        failure = json.loads((tmp_path / "report.json").read_text())["failure"]
        return failure["type"], failure["stage"]

    return conclude_run


def test_the_report_says_that_the_run_was_cancelled(failure_of_run):
    assert failure_of_run("CANCELING") == ("RunCancelledError", "train")


def test_a_run_that_nobody_cancelled_lost_its_pod(failure_of_run):
    assert failure_of_run("RUNNING") == ("StageLostError", "train")


def test_kubeflow_that_does_not_answer_leaves_the_cause_open(failure_of_run, kubeflow, caplog):
    kubeflow.faults.append(Fault("get_run", status=503))
    assert failure_of_run("CANCELING") == ("StageLostError", "train")
    assert "did not tell the state of the run" in caplog.text


def test_a_pod_of_one_of_several_users_shows_its_token(failure_of_run, kubeflow, monkeypatch, tmp_path):
    kubeflow.token, token = "mine", tmp_path / "token"
    token.write_text("mine\n")
    monkeypatch.setattr(kubeflow_api, "IN_CLUSTER_TOKEN", token)
    assert failure_of_run("CANCELING") == ("RunCancelledError", "train")


@pytest.mark.parametrize(
    ("state", "begun"), [("FAILED", True), ("CANCELED", True), ("CANCELING", False), ("RUNNING", False)]
)
def test_a_pass_takes_over_what_a_run_that_has_ended_still_holds(begin_run, tmp_path, state, begun):
    """As after Argo failed: the exit task that gives the lease back had no pod."""
    (tmp_path / "inbox/castle").mkdir(parents=True)
    (tmp_path / "inbox/castle/1.jpg").touch()
    plan = partial(
        plan_pass, str(tmp_path / "inbox"), str(tmp_path / "scenes"), InboxSettings(quiet_minutes=0)
    )
    first = begin_run("RUNNING")
    assert plan().captures[0].begin
    begin_run("RUNNING")
    first.state = state
    (capture,) = plan().captures
    assert capture.begin == begun
    assert begun or capture.reason == f"run {first.run_id} is working on it"
