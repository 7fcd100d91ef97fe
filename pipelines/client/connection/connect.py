"""A `kfp.Client` with time limits, retries and typed errors."""

from __future__ import annotations

import io
import json
import os
import time
import warnings
from collections.abc import Callable
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
    """A connection that answered a health check."""

    client: kfp.Client
    host: str
    ui: str | None
    """Base address of Kubeflow's web pages, for links; None: unknown."""
    namespace: str | None
    """The profile, if Kubeflow has several users; otherwise None."""
    pod_namespace: str
    """Namespace of the pods of runs."""
    sleep: Callable[[float], None] = time.sleep
    """Waits between attempts; takes seconds."""
    version: str = ""
    """Version of the API server, such as `2.17.0`; empty: it does not tell."""
    date: str = ""
    """Header `Date` of the answer to the health check."""

    def link(self, page: str) -> str | None:
        return f"{self.ui}/#/{page}" if self.ui else None


def connect(settings: ClientSettings, sleep: Callable[[float], None] = time.sleep) -> Kubeflow:
    """
    Raises:
        ServiceError: Kubeflow cannot be reached, or the sign-in failed.
    """
    if settings.host is None and not _kube_config_exists():
        raise UnreachableError(
            "the address of Kubeflow Pipelines is not set",
            remedy=f"Set --host or {HOST_VARIABLE}, such as to http://localhost:8080 after `{PORT_FORWARD}`.",
        )
    token = Token(settings.token, settings.token_file)
    has_token = bool(settings.token or settings.token_file)
    with warnings.catch_warnings(), redirect_stdout(io.StringIO()):  # kfp prints what it cannot load
        warnings.simplefilter("ignore", FutureWarning)
        client = _QuietClient(
            host=settings.host,
            credentials=token if has_token else None,
            ssl_ca_cert=str(settings.ca_file) if settings.ca_file else None,
        )
    host = _install_transport(client, settings, token, sleep)
    health = client._healthz_api.healthz_service_get_healthz()
    namespace = _namespace(settings) if health.multi_user else None
    pod_namespace = namespace or settings.namespace or KUBEFLOW_NAMESPACE
    response = client._healthz_api.api_client.last_response
    facts = json.loads(response.data)
    # Kubeflow's UI server also serves the API. Both answer the health check; the UI adds `apiServerReady`.
    ui = settings.ui or (host if "apiServerReady" in facts else None)
    version = facts.get("apiServerTagName") or facts.get("tag_name") or ""
    date = response.getheader("Date") or ""
    return Kubeflow(client, host, ui, namespace, pod_namespace, sleep, version, date)


class _QuietClient(kfp.Client):
    """Skips the health check of the constructor, which has no time limit and logs failures."""

    def get_kfp_healthz(self, sleep_duration: int = 5) -> V2beta1GetHealthzResponse:
        return V2beta1GetHealthzResponse(multi_user=False)


def _install_transport(
    client: Any, settings: ClientSettings, token: Token, sleep: Callable[[float], None]
) -> str:
    """Replace the REST client that all parts of `client` share. Returns the host."""
    api = client._run_api.api_client
    configuration = api.configuration
    host: str = configuration.host.rstrip("/")
    if settings.host is None and not host.endswith(_KUBE_PROXY):
        raise UnreachableError(
            "the kubeconfig has no usable cluster",
            remedy=f"Set --host or {HOST_VARIABLE}, or check `kubectl config current-context`.",
        )
    _keep_host(configuration, host)
    timeout = (settings.connect_seconds, settings.request_seconds)
    api.rest_client = Transport(configuration, timeout, token.read, sleep)
    return host


def _keep_host(configuration: Any, host: str) -> None:
    """Set the host for good: with a kubeconfig's token, each request would set it back to Kubernetes' own."""
    refresh = configuration.refresh_api_key_hook
    configuration.host = host
    if refresh is None:
        return

    def refresh_token_only(configuration: Any) -> None:
        refresh(configuration)
        configuration.host, configuration.refresh_api_key_hook = host, refresh_token_only

    configuration.refresh_api_key_hook = refresh_token_only


def _namespace(settings: ClientSettings) -> str:
    if settings.namespace:
        return settings.namespace
    if POD_NAMESPACE.exists():
        return POD_NAMESPACE.read_text(encoding="utf-8").strip()
    raise RejectedError(
        "this Kubeflow has several users, and no profile is set",
        remedy="Name your profile with --namespace.",
    )


def _kube_config_exists() -> bool:
    named = os.environ.get("KUBECONFIG")
    files = named.split(os.pathsep) if named else ["~/.kube/config"]
    return any(Path(file).expanduser().exists() for file in files)
