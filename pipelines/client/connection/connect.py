"""A `kfp.Client` that waits, retries and fails as we want."""

from __future__ import annotations

import io
import json
import os
import warnings
from contextlib import redirect_stdout
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import kfp
from kfp_server_api import V2beta1GetHealthzResponse

from pipelines.client.connection.errors import RejectedError, UnreachableError
from pipelines.client.connection.settings import (
    HOST_VARIABLE,
    KUBEFLOW_NAMESPACE,
    POD_NAMESPACE,
    PORT_FORWARD,
    ClientSettings,
)
from pipelines.client.connection.token import Token
from pipelines.client.connection.transport import Transport

_KUBE_PROXY = "/proxy"


@dataclass(frozen=True, slots=True)
class Kubeflow:
    """A connection that was tried."""

    client: kfp.Client
    host: str
    ui: str | None
    """Address of Kubeflow's interface, for links; None: unknown."""
    namespace: str | None
    """The profile where Kubeflow has several users, otherwise None."""
    pod_namespace: str
    """Where the pods of runs are."""

    def link(self, page: str) -> str | None:
        return f"{self.ui}/#/{page}" if self.ui else None


def connect(settings: ClientSettings) -> Kubeflow:
    """
    Raises:
        ServiceError: Kubeflow cannot be reached, or does not let us in.
    """
    if settings.host is None and not _kube_config_exists():
        raise UnreachableError(
            "it is not said where Kubeflow Pipelines is",
            remedy=f"Set --host or {HOST_VARIABLE}, such as to http://localhost:8080 after `{PORT_FORWARD}`.",
        )
    token = Token(settings.token, settings.token_file)
    known = bool(settings.token or settings.token_file)
    with warnings.catch_warnings(), redirect_stdout(io.StringIO()):  # kfp prints what it cannot load
        warnings.simplefilter("ignore", FutureWarning)
        client = _QuietClient(
            host=settings.host,
            credentials=token if known else None,
            ssl_ca_cert=str(settings.ca_file) if settings.ca_file else None,
        )
    host = _install_transport(client, settings, token)
    health = client._healthz_api.healthz_service_get_healthz()
    namespace = _namespace(settings) if health.multi_user else None
    pod_namespace = namespace or settings.namespace or KUBEFLOW_NAMESPACE
    return Kubeflow(client, host, settings.ui or _interface(client, host), namespace, pod_namespace)


class _QuietClient(kfp.Client):
    """Asks nothing while it is built: its own first question has no time limit, and logs failures."""

    def get_kfp_healthz(self, sleep_duration: int = 5) -> V2beta1GetHealthzResponse:
        return V2beta1GetHealthzResponse(multi_user=False)


def _install_transport(client: Any, settings: ClientSettings, token: Token) -> str:
    """All parts of the client share one object for requests; replace that. Returns the host."""
    api = client._run_api.api_client
    configuration = api.configuration
    host: str = configuration.host.rstrip("/")
    if settings.host is None and not host.endswith(_KUBE_PROXY):
        raise UnreachableError(
            "kubectl's settings name no cluster that can be used",
            remedy=f"Set --host or {HOST_VARIABLE}, or check `kubectl config current-context`.",
        )
    configuration.host = host
    timeout = (settings.connect_seconds, settings.request_seconds)
    api.rest_client = Transport(configuration, timeout, token.read)
    return host


def _interface(client: Any, host: str) -> str | None:
    """The host itself where Kubeflow's interface serves the API as well; the API server has no pages.

    Both answer the question for their health; the interface adds its own state.
    """
    health = json.loads(client._healthz_api.api_client.last_response.data)
    return host if "apiServerReady" in health else None


def _namespace(settings: ClientSettings) -> str:
    if settings.namespace:
        return settings.namespace
    if POD_NAMESPACE.exists():
        return POD_NAMESPACE.read_text(encoding="utf-8").strip()
    raise RejectedError(
        "this Kubeflow has several users, and it is not said whose runs these are",
        remedy="Name your profile with --namespace.",
    )


def _kube_config_exists() -> bool:
    named = os.environ.get("KUBECONFIG")
    files = named.split(os.pathsep) if named else ["~/.kube/config"]
    return any(Path(file).expanduser().exists() for file in files)
