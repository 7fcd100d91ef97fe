import json
import socket

import pytest
from typer.testing import CliRunner

from pipelines.cli.main import app
from pipelines.client.create_once import LOOKUP_DELAYS_SECONDS
from tests.service.kubeflow_server import Fault
from tests.service.ports import free_ports

CAPTURE = "s3://bucket/castle/"


@pytest.fixture
def submit(package):
    def invoke(*arguments, capture=CAPTURE):
        words = ["submit", str(capture), "--package", str(package), *(str(each) for each in arguments)]
        return CliRunner().invoke(app, words)

    return invoke


def test_one_run_is_created_and_followed_by_how_to_follow_it(kubeflow, submit):
    result = submit()
    assert result.exit_code == 0, result.stderr
    (run,) = kubeflow.runs.values()
    assert run.display_name.startswith("castle ")
    assert run.runtime_config.parameters == {"capture": CAPTURE, "output": "s3://bucket/castle-scene"}
    assert kubeflow.experiments[run.experiment_id].display_name == "kubesplat"
    assert f"{kubeflow.host}/#/runs/details/{run.run_id}" in result.stdout
    assert f"kubesplat status {run.run_id} --wait" in result.stdout
    assert f"kubesplat fetch {run.run_id}" in result.stdout


def test_the_api_servers_own_port_has_no_pages_to_link_to(kubeflow, submit, monkeypatch):
    kubeflow.has_pages = False
    first = submit("--json", "--output", "s3://bucket/one")
    assert json.loads(first.stdout)["url"] is None
    assert "/#/" not in submit("--output", "s3://bucket/two").stdout
    monkeypatch.setenv("KF_PIPELINES_UI_ENDPOINT", "https://kubeflow.example/pipeline")
    url = json.loads(submit("--json", "--output", "s3://bucket/three").stdout)["url"]
    assert url.startswith("https://kubeflow.example/pipeline/#/runs/details/")


def test_the_package_is_sent_with_its_platform_specification(kubeflow, submit):
    submit()
    spec = kubeflow.last("create_run").body["pipeline_spec"]
    assert set(spec) == {"pipeline_spec", "platform_spec"}
    assert spec["pipeline_spec"]["pipelineInfo"]["name"] == "photos-to-sog"


def test_without_a_package_it_is_compiled(kubeflow):
    result = CliRunner().invoke(app, ["submit", CAPTURE])
    assert result.exit_code == 0, result.stderr
    assert kubeflow.last("create_run").body["pipeline_spec"]["pipeline_spec"]["root"]


def test_only_changed_dials_are_sent_each_in_its_type(kubeflow, submit):
    options = [
        "--preset",
        "quality",
        "--steps",
        2000,
        "--set",
        "cpu_usd_per_hour=0.4",
        "--set",
        "sfm_memory=30Gi",
        "--set",
        "sfm_settings=max_features=4096,min_points=500",
        "--set",
        "train.sh_degree=2",
    ]
    submit(*options, "--output", "s3://bucket/out", "--name", "my castle")
    (run,) = kubeflow.runs.values()
    assert run.display_name.startswith("my castle ")
    assert run.runtime_config.parameters == {
        "capture": CAPTURE,
        "output": "s3://bucket/out",
        "preset": "quality",
        "steps": 2000,
        "cpu_usd_per_hour": 0.4,
        "sfm_memory": "30Gi",
        "min_points": 500,
        "sfm_settings": '{"max_features": 4096}',
        "train_settings": '{"sh_degree": 2}',
    }


ODD = "s3://bucket/inbox/#2 ?a=%20+ {{x}} {{$.y}} \"q\" 'p' $HOME é"


def test_addresses_are_handed_on_byte_for_byte(kubeflow, submit):
    result = submit("--output", f"{ODD} #/scene", "--json", capture=f"{ODD}/")
    (run,) = kubeflow.runs.values()
    assert run.runtime_config.parameters == {"capture": f"{ODD}/", "output": f"{ODD} #/scene"}
    assert json.loads(result.stdout)["output"] == f"{ODD} #/scene"
    kubeflow.runs.clear()
    submit(capture=f"{ODD}.zip")
    (run,) = kubeflow.runs.values()
    assert run.runtime_config.parameters == {"capture": f"{ODD}.zip", "output": f"{ODD}-scene"}


def test_results_among_the_photos_are_refused(kubeflow, submit):
    refused = submit("--output", f"{ODD}/scene", capture=f"{ODD}/")
    assert (refused.exit_code, kubeflow.runs) == (2, {})


def test_an_output_is_taken_however_its_end_is_written(kubeflow, submit):
    assert submit("--output", "s3://bucket/#1/").exit_code == 0
    assert submit("--output", "s3://bucket/#10").exit_code == 0
    again = submit("--output", "s3://bucket/#1")
    assert (again.exit_code, "is writing to s3://bucket/#1" in again.stderr) == (5, True)


def test_json_is_for_scripts(kubeflow, submit):
    facts = json.loads(submit("--json").stdout)
    assert kubeflow.runs[facts["run"]].display_name == facts["name"]
    assert facts["output"] == "s3://bucket/castle-scene"


@pytest.mark.parametrize(
    ("arguments", "status", "words"),
    [
        (["--set", "speed=9"], 2, "speed is no parameter; there are"),
        (["--set", "seed=nine"], 2, "sfm.seed is 'nine'; it must be a whole number"),
        (["--set", "sfm_settings=max_feature=9"], 2, "Did you mean sfm.max_features?"),
        (["--set", "min_points=0"], 2, "sfm.min_points is 0; it must be a whole number"),
        (["--output", "out/castle"], 2, "is no s3://bucket/prefix"),
        (["--upload", "s3://bucket/in"], 2, "is in S3 already"),
        (["--steps", "3"], 2, "train.steps is 3"),
    ],
)
def test_wrong_usage_creates_nothing(kubeflow, submit, arguments, status, words):
    result = submit(*arguments)
    assert result.exit_code == status
    assert words in " ".join(result.stderr.replace("│", " ").split())
    assert kubeflow.count("create") == 0


def test_a_capture_on_this_machine_needs_an_upload(kubeflow, submit, tmp_path):
    result = submit(capture=tmp_path)
    assert result.exit_code == 3
    assert "is on this machine, where the cluster cannot read it" in result.stderr
    assert "Add --upload s3://" in result.stderr
    assert kubeflow.requests == []


def test_two_unfinished_runs_never_write_to_one_output(kubeflow, submit):
    first = json.loads(submit("--json").stdout)
    result = submit()
    assert result.exit_code == 5
    assert f"the run '{first['name']}' is writing to s3://bucket/castle-scene" in result.stderr
    assert kubeflow.count("create_run") == 1
    kubeflow.runs[first["run"]].state = "SUCCEEDED"
    assert submit().exit_code == 0


LOST = {
    "a 500 of Kubeflow": {"status": 500, "body": b'{"code":13,"message":"database is gone"}'},
    "a 502 of a gateway": {"status": 502, "body": b"<html>bad gateway</html>"},
    "a 504 of a gateway": {"status": 504},
    "no answer": {"delay_seconds": 0.5},
    "a broken connection": {"breaks_off": True},
}


@pytest.mark.parametrize("fault", LOST.values(), ids=LOST)
def test_a_run_whose_answer_is_lost_is_found_and_not_sent_again(kubeflow, submit, monkeypatch, fault):
    monkeypatch.setenv("KF_PIPELINES_REQUEST_SECONDS", "0.25")
    kubeflow.faults.append(Fault("create_run", after_work=True, **fault))
    result = submit("--json")
    assert result.exit_code == 0, result.stderr
    assert kubeflow.count("create_run") == 1
    assert json.loads(result.stdout)["run"] == next(iter(kubeflow.runs))


@pytest.mark.parametrize("fault", list(LOST.values())[1:], ids=list(LOST)[1:])
def test_a_request_without_an_answer_is_never_repeated(kubeflow, submit, monkeypatch, fault):
    monkeypatch.setenv("KF_PIPELINES_REQUEST_SECONDS", "0.25")
    kubeflow.faults.append(Fault("create_run", **fault))
    result = submit()
    assert result.exit_code == 5
    assert "it is not known whether the run 'castle" in result.stderr
    assert "Look with `kubesplat status`" in result.stderr
    assert kubeflow.count("create_run") == 1
    assert kubeflow.pauses == list(LOOKUP_DELAYS_SECONDS)


def test_a_run_that_kubeflow_says_it_could_not_create_is_sent_once_more(kubeflow, submit):
    kubeflow.faults.append(Fault("create_run", **LOST["a 500 of Kubeflow"]))
    assert submit().exit_code == 0
    assert kubeflow.count("create_run") == 2
    assert len(kubeflow.runs) == 1


def test_a_persistent_failure_shows_the_message_of_kubeflow(kubeflow, submit):
    kubeflow.faults.append(Fault("create_run", times=9, **LOST["a 500 of Kubeflow"]))
    result = submit()
    assert result.exit_code == 5
    assert f"{kubeflow.host} failed (500): database is gone" in result.stderr
    assert "kubectl logs -n kubeflow deployment/ml-pipeline" in result.stderr
    assert kubeflow.count("create_run") == 2


def test_looking_is_repeated_and_its_failure_does_not_lead_to_a_second_run(kubeflow, submit):
    kubeflow.faults += [
        Fault("create_run", **LOST["a 500 of Kubeflow"]),
        Fault("list_runs", 1, status=200, body=b"{}"),
    ]
    kubeflow.faults.append(Fault("list_runs", times=99, status=500))
    result = submit()
    assert result.exit_code == 5
    assert "it is not known whether" in result.stderr
    assert kubeflow.count("create_run") == 1


def test_too_many_requests_waits_as_long_as_it_is_asked_to(kubeflow, submit):
    kubeflow.faults.append(Fault("create_run", times=2, status=429, headers={"Retry-After": "7"}))
    assert submit().exit_code == 0
    assert kubeflow.pauses == [7.0, 7.0]
    assert kubeflow.count("create_run") == 3
    assert len(kubeflow.runs) == 1


def test_a_retry_after_an_hour_is_not_waited_for(kubeflow, submit):
    kubeflow.faults.append(Fault("create_run", times=9, status=429, headers={"Retry-After": "3600"}))
    result = submit()
    assert result.exit_code == 5
    assert "received too many requests (429), retry after 3600 s" in result.stderr
    assert (kubeflow.count("create_run"), kubeflow.pauses) == (1, [])


def test_waiting_is_bounded(kubeflow, submit):
    kubeflow.faults.append(Fault("list_experiments", times=99, status=429))
    assert submit().exit_code == 5
    assert kubeflow.count("list_experiments") == 4
    assert kubeflow.pauses == [0.5, 1.0, 2.0]


@pytest.mark.parametrize("fault", LOST.values(), ids=LOST)
def test_a_read_request_is_repeated(kubeflow, submit, monkeypatch, fault):
    monkeypatch.setenv("KF_PIPELINES_REQUEST_SECONDS", "0.25")
    kubeflow.faults.append(Fault("get_healthz", times=2, **fault))
    assert submit().exit_code == 0
    assert kubeflow.count("get_healthz") == 3
    assert len(kubeflow.runs) == 1


def test_an_experiment_whose_answer_is_lost_is_not_made_twice(kubeflow, submit):
    kubeflow.faults.append(Fault("create_experiment", breaks_off=True, after_work=True))
    assert submit().exit_code == 0
    assert (len(kubeflow.experiments), kubeflow.count("create_experiment")) == (1, 1)


def test_a_closed_port_is_named(submit, monkeypatch, kubeflow):
    (port,) = free_ports(1)
    result = submit("--host", f"localhost:{port}")
    assert result.exit_code == 5
    assert f"no connection to http://localhost:{port}" in result.stderr
    assert "Check --host or KF_PIPELINES_ENDPOINT" in result.stderr


def test_an_unknown_host_name_is_named(submit, kubeflow, monkeypatch):
    def unknown(*_, **__):
        raise socket.gaierror(-2, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", unknown)
    result = submit("--host", "https://kubeflow.invalid/pipeline")
    assert result.exit_code == 5
    assert "the host name kubeflow.invalid is unknown" in result.stderr


def test_no_address_at_all(submit, kubeflow, monkeypatch, tmp_path):
    monkeypatch.delenv("KF_PIPELINES_ENDPOINT")
    monkeypatch.delenv("KUBERNETES_SERVICE_HOST", raising=False)
    monkeypatch.setenv("KUBECONFIG", str(tmp_path / "none"))
    result = submit()
    assert result.exit_code == 5
    assert "the address of Kubeflow Pipelines is not set" in result.stderr
    assert "kubectl port-forward" in result.stderr
