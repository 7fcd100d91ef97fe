import base64
import json
import time

import pytest
from kubernetes.config import kube_config
from typer.testing import CliRunner

from pipelines.cli.main import app
from pipelines.client.connection.connect import connect as connect_with
from pipelines.client.connection.errors import RejectedError, ResourceNotFoundError, SignInError
from pipelines.client.connection.settings import find_settings
from pipelines.client.runs import list_runs
from tests.service.kubeflow_server import Fault


def connect(settings):
    return connect_with(settings, sleep=lambda seconds: None)


def web_token(seconds_left):
    claims = json.dumps({"exp": time.time() + seconds_left}).encode()
    return f"head.{base64.urlsafe_b64encode(claims).decode().rstrip('=')}.signature"


def status(*arguments):
    return CliRunner().invoke(app, ["status", *(str(each) for each in arguments)])


def test_without_a_token_it_is_said_how_to_get_one(kubeflow):
    kubeflow.token = "secret"
    result = status()
    assert result.exit_code == 5
    assert f"{kubeflow.host} refused the sign-in (401): no token was sent" in result.stderr
    assert "kubectl create token" in result.stderr
    assert "--token-file" in result.stderr
    assert len(kubeflow.requests) == 1


def test_an_expired_token_is_called_expired_and_is_not_shown(kubeflow, monkeypatch):
    kubeflow.token, expired = "secret", web_token(-7500)
    monkeypatch.setenv("KF_PIPELINES_TOKEN", expired)
    result = status("--debug")
    assert "refused the sign-in (401): it expired 2h05m ago" in result.stderr
    assert expired not in result.stderr


def test_a_token_file_is_read_anew_for_every_request(kubeflow, tmp_path):
    file = tmp_path / "token"
    file.write_text("first\n")
    kubeflow.token = "first"
    connection = connect(find_settings(token_file=file))
    file.write_text("second")
    kubeflow.token = "second"
    assert list_runs(connection) == []
    assert [request.token for request in kubeflow.requests] == ["Bearer first", "Bearer second"]


def test_a_token_that_expires_on_its_way_is_sent_again_once_it_was_renewed(kubeflow, tmp_path, monkeypatch):
    file = tmp_path / "token"
    file.write_text("new")
    kubeflow.token = "new"
    connection = connect(find_settings(token_file=file))
    transport = connection.client._run_api.api_client.rest_client
    read, answers = transport._read_token, iter(["new"])
    monkeypatch.setattr(transport, "_read_token", lambda: next(answers, read()))
    file.write_text("old")
    assert list_runs(connection) == []
    assert [request.token for request in kubeflow.requests][1:] == ["Bearer old", "Bearer new"]


def test_a_token_that_stays_wrong_is_tried_once(kubeflow, tmp_path):
    file = tmp_path / "token"
    file.write_text("wrong")
    kubeflow.token = "right"
    with pytest.raises(SignInError, match="the token is wrong or has expired"):
        connect(find_settings(token_file=file))
    assert len(kubeflow.requests) == 1


@pytest.mark.parametrize(
    ("content", "words"), [(None, "No such file"), ("", "is empty"), (b"\xff\xfe", "not text")]
)
def test_a_token_file_that_cannot_be_used(kubeflow, tmp_path, content, words):
    file = tmp_path / "token"
    if content is not None:
        file.write_bytes(content if isinstance(content, bytes) else content.encode())
    with pytest.raises(SignInError, match=words):
        connect(find_settings(token_file=file))
    assert kubeflow.requests == []


@pytest.mark.parametrize(
    "fault",
    [
        {"status": 302, "headers": {"Location": "https://login.example/dex/auth?state=1"}},
        {
            "status": 200,
            "headers": {"Content-Type": "text/html"},
            "body": b"<!DOCTYPE html><title>Log in</title>",
        },
    ],
    ids=["redirect", "page"],
)
def test_a_sign_in_page_is_no_answer(kubeflow, fault):
    kubeflow.faults.append(Fault("get_healthz", **fault))
    result = status()
    assert result.exit_code == 5
    assert "sign-in page" in result.stderr
    assert "kubectl create token" in result.stderr


def test_https_only(kubeflow):
    location = kubeflow.host.replace("http:", "https:") + "/apis/v2beta1/healthz"
    kubeflow.faults.append(Fault("get_healthz", status=301, headers={"Location": location}))
    result = status()
    assert "is only served by https" in result.stderr
    assert "Use --host https://127.0.0.1" in result.stderr


def test_not_allowed(kubeflow):
    body = b'{"code":7,"message":"User eve is not authorized to list runs in namespace adam"}'
    kubeflow.faults.append(Fault("list_runs", times=9, status=403, body=body))
    result = status()
    assert result.exit_code == 5
    assert "denied the permission (403): User eve is not authorized" in result.stderr
    assert "Check --namespace" in result.stderr
    assert kubeflow.count("list_runs") == 1


def test_another_service_at_the_address(kubeflow):
    kubeflow.faults.append(Fault("get_healthz", status=404, body=b"404 page not found"))
    with pytest.raises(ResourceNotFoundError) as failure:
        connect(find_settings())
    assert "Check --host" in failure.value.remedy


def test_several_users_need_a_profile(kubeflow):
    kubeflow.multi_user = True
    with pytest.raises(RejectedError, match="no profile is set") as failure:
        connect(find_settings())
    assert "--namespace" in failure.value.remedy
    assert status("--namespace", "team-a").exit_code == 0
    assert kubeflow.last("list_runs").query["namespace"] == "team-a"


@pytest.fixture
def kubectl_settings(kubeflow, monkeypatch, tmp_path):
    """The file that kubectl would read, and no other way to Kubeflow."""
    monkeypatch.delenv("KF_PIPELINES_ENDPOINT")
    monkeypatch.delenv("KUBERNETES_SERVICE_HOST", raising=False)
    file = tmp_path / "config"
    monkeypatch.setenv("KUBECONFIG", str(file))
    monkeypatch.setattr(kube_config, "KUBE_CONFIG_DEFAULT_LOCATION", str(file))  # read when it was imported
    return file


def test_without_an_address_kubectls_settings_lead_through_kubernetes(kubeflow, kubectl_settings):
    kubectl_settings.write_text(
        f"""
        current-context: here
        contexts: [{{name: here, context: {{cluster: here, user: me}}}}]
        clusters: [{{name: here, cluster: {{server: "{kubeflow.host}"}}}}]
        users: [{{name: me, user: {{token: kubectls}}}}]
        """
    )
    kubeflow.has_pages = False
    kubeflow.prefix, kubeflow.token = (
        "/api/v1/namespaces/kubeflow/services/ml-pipeline:http/proxy",
        "kubectls",
    )
    connection = connect(find_settings())
    assert list_runs(connection) == []
    assert (connection.host, connection.ui) == (kubeflow.host + kubeflow.prefix, None)
    kubeflow.token = "another"
    with pytest.raises(SignInError):
        list_runs(connection)
    assert kubeflow.last("list_runs").token == "Bearer kubectls"


def test_kubectls_settings_that_name_no_cluster(kubeflow, kubectl_settings):
    kubectl_settings.write_text("contexts: []")
    result = status()
    assert result.exit_code == 5
    assert "the kubeconfig has no usable cluster" in result.stderr
    assert "Failed to load" not in result.stdout + result.stderr


def test_a_single_user_kubeflow_needs_no_profile(kubeflow):
    assert status("--namespace", "team-a").exit_code == 0
    assert not kubeflow.last("list_runs").query.get("namespace")
