import os
from pathlib import Path

import pytest

from components.shared.kubeflow_api import IN_CLUSTER_HOST
from pipelines.client.connection.settings import ClientSettings, find_settings, with_scheme


@pytest.fixture(autouse=True)
def environment(monkeypatch):
    for name in [each for each in os.environ if each.startswith(("KF_PIPELINES_", "KUBERNETES_"))]:
        monkeypatch.delenv(name)
    return monkeypatch


@pytest.mark.parametrize(
    ("host", "address"),
    [
        ("localhost:8888", "http://localhost:8888"),
        ("127.0.0.1:8080/", "http://127.0.0.1:8080"),
        ("kubeflow.example/pipeline/", "https://kubeflow.example/pipeline"),
        ("http://kubeflow.example", "http://kubeflow.example"),
    ],
)
def test_an_address_without_a_scheme_is_safe_except_on_this_machine(host, address):
    assert with_scheme(host) == address


def test_an_argument_goes_before_the_environment(environment):
    environment.setenv("KF_PIPELINES_ENDPOINT", "https://one.example")
    environment.setenv("KF_PIPELINES_NAMESPACE", "team-a")
    assert find_settings().host == "https://one.example"
    assert find_settings(host="two.example").host == "https://two.example"
    assert find_settings().namespace == "team-a"
    assert find_settings(namespace="team-b").namespace == "team-b"


def test_in_a_pod_the_service_of_the_cluster_is_found(environment):
    assert find_settings().host is None
    environment.setenv("KUBERNETES_SERVICE_HOST", "10.0.0.1")
    assert (find_settings().host, find_settings().ui) == (IN_CLUSTER_HOST, None)
    assert find_settings(host="localhost:8080").ui is None
    environment.setenv("KF_PIPELINES_UI_ENDPOINT", "https://kubeflow.example/pipeline")
    assert find_settings().ui == "https://kubeflow.example/pipeline"


def test_files_and_limits_of_the_environment(environment):
    environment.setenv("KF_PIPELINES_SA_TOKEN_PATH", "/run/token")
    environment.setenv("KF_PIPELINES_CA_FILE", "/run/ca.crt")
    environment.setenv("KF_PIPELINES_REQUEST_SECONDS", "5")
    settings = find_settings()
    assert (settings.token_file, settings.ca_file) == (Path("/run/token"), Path("/run/ca.crt"))
    assert settings.request_seconds == 5.0
    assert find_settings(token_file=Path("mine")).token_file == Path("mine")


@pytest.mark.parametrize("seconds", ["soon", "0", "4000", "nan"])
def test_a_time_limit_that_is_none(environment, seconds):
    environment.setenv("KF_PIPELINES_REQUEST_SECONDS", seconds)
    with pytest.raises(ValueError, match="it must be"):
        find_settings()


def test_an_address_that_is_none():
    with pytest.raises(ValueError, match="host is 'https:///pipeline'"):
        ClientSettings(host="https:///pipeline", ui=None)
