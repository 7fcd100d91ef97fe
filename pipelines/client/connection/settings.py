"""Address, profile and token for Kubeflow Pipelines."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from components.shared.kubeflow_api import IN_CLUSTER_HOST, IN_CLUSTER_TOKEN, in_cluster

HOST_VARIABLE = "KF_PIPELINES_ENDPOINT"
UI_VARIABLE = "KF_PIPELINES_UI_ENDPOINT"
NAMESPACE_VARIABLE = "KF_PIPELINES_NAMESPACE"
TOKEN_VARIABLE = "KF_PIPELINES_TOKEN"
TOKEN_FILE_VARIABLE = "KF_PIPELINES_SA_TOKEN_PATH"
CA_VARIABLE = "KF_PIPELINES_CA_FILE"
REQUEST_SECONDS_VARIABLE = "KF_PIPELINES_REQUEST_SECONDS"

KUBEFLOW_NAMESPACE = "kubeflow"
POD_NAMESPACE = Path("/var/run/secrets/kubernetes.io/serviceaccount/namespace")

PORT_FORWARD = "kubectl port-forward -n kubeflow svc/ml-pipeline-ui 8080:80"
"""Forwards Kubeflow's UI server to this machine: the pages, and the API below `/apis`."""

_LOOPBACK = ("localhost", "127.0.0.1", "::1")


@dataclass(frozen=True, kw_only=True)
class ClientSettings:
    """Settings of a connection to Kubeflow Pipelines. Make them with `find_settings`."""

    host: str | None
    """`https://host[/path]` of the API; None: through the Kubernetes API server of the kubeconfig."""
    ui: str | None
    """Address of Kubeflow's web pages, for links; None: derived from `host`."""
    namespace: str | None = None
    """The profile, where Kubeflow has several users; None: the pod's own namespace."""
    token: str | None = None
    token_file: Path | None = None
    """File with the token, read for every request. Takes precedence over `token`."""
    ca_file: Path | None = None
    """Certificates to trust in addition to the system's."""
    connect_seconds: float = 5.0
    """Time limit for connecting, in seconds."""
    request_seconds: float = 30.0
    """Time limit for an answer, in seconds."""

    def __post_init__(self) -> None:
        if not 0.1 <= self.request_seconds <= 3600:
            raise ValueError(f"request_seconds is {self.request_seconds:g}; it must be from 0.1 to 3600")
        if self.host is not None and not urlsplit(self.host).netloc:
            raise ValueError(f"host is {self.host!r}; it must be an address such as https://kubeflow.example")


def find_settings(
    *, host: str | None = None, namespace: str | None = None, token_file: Path | None = None
) -> ClientSettings:
    """Settings from the arguments, then the environment, then the files of a pod in the cluster.

    Raises:
        ValueError: an address or a number is not valid.
    """
    environment = os.environ
    host = host or environment.get(HOST_VARIABLE) or (IN_CLUSTER_HOST if in_cluster() else None)
    address = with_scheme(host) if host else None
    named = environment.get(TOKEN_FILE_VARIABLE)
    named_ui = environment.get(UI_VARIABLE)
    found = IN_CLUSTER_TOKEN if IN_CLUSTER_TOKEN.exists() else None
    certificates = environment.get(CA_VARIABLE)
    return ClientSettings(
        host=address,
        ui=with_scheme(named_ui) if named_ui else None,
        namespace=namespace or environment.get(NAMESPACE_VARIABLE) or None,
        token=environment.get(TOKEN_VARIABLE) or None,
        token_file=token_file or (Path(named) if named else found),
        ca_file=Path(certificates) if certificates else None,
        request_seconds=_seconds(environment.get(REQUEST_SECONDS_VARIABLE)),
    )


def with_scheme(host: str) -> str:
    """`host` with its scheme; by default `https://`, and `http://` for the loopback address."""
    address = host.strip().rstrip("/")
    if "://" in address:
        return address
    name = urlsplit(f"//{address}").hostname
    return f"{'http' if name in _LOOPBACK else 'https'}://{address}"


def _seconds(text: str | None) -> float:
    if not text:
        return ClientSettings.request_seconds
    try:
        return float(text)
    except ValueError as error:
        raise ValueError(f"{REQUEST_SECONDS_VARIABLE} is {text!r}; it must be a number of seconds") from error
