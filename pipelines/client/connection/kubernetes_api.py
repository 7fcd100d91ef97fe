"""Read objects of the Kubernetes API as JSON, with the kubeconfig or the pod's own service account."""

from __future__ import annotations

import json
from typing import Any

from components.shared.kubeflow_api import in_cluster

_REQUEST_SECONDS = (2.0, 5.0)
"""Time limits for connecting and for the answer."""


class UnreadableError(Exception):
    """Kubernetes could not be asked, or refused the answer; `reason` completes "not seen: …"."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class Kubernetes:
    """A connection to the API server of the current context."""

    def __init__(self) -> None:
        """
        Raises:
            UnreadableError: there is no kubeconfig, or it is not valid.
        """
        try:
            from kubernetes import client, config

            configuration = client.Configuration()
            load = config.load_incluster_config if in_cluster() else config.load_kube_config
            load(client_configuration=configuration)
        except Exception as error:  # no package, no file, a credential plugin: many types each
            raise _unreadable(error, "") from error
        configuration.retries = False
        self.server = str(configuration.host)
        self.date = ""
        """Header `Date` of the last answer; empty before the first one."""
        self._client = client.ApiClient(configuration)

    def read(self, path: str, **query: Any) -> dict[str, Any]:
        """The object at `path`, such as `/api/v1/nodes`.

        Raises:
            UnreadableError: no connection, no permission, or no such object.
        """
        return self._request("GET", path, query, None)

    def find(self, path: str, **query: Any) -> dict[str, Any] | None:
        """Like `read`; None if there is no such object, or Kubernetes does not know its kind."""
        try:
            return self.read(path, **query)
        except UnreadableError as error:
            if getattr(error.__cause__, "status", None) == 404:
                return None
            raise

    def items(self, path: str, **query: Any) -> list[dict[str, Any]]:
        """The objects of the list at `path`; none if Kubernetes does not know the kind."""
        return (self.find(path, **query) or {}).get("items", [])

    def may(self, verb: str, resource: str, namespace: str, *, group: str = "", account: str = "") -> bool:
        """Whether this user, or a service account of `namespace`, may do `verb` with `resource` there."""
        attributes = {"verb": verb, "resource": resource, "group": group, "namespace": namespace}
        spec: dict[str, Any] = {"resourceAttributes": attributes}
        kind = "SelfSubjectAccessReview"
        if account:
            kind = "SubjectAccessReview"
            accounts = "system:serviceaccounts"
            spec["user"] = f"system:serviceaccount:{namespace}:{account}"
            spec["groups"] = [accounts, f"{accounts}:{namespace}", "system:authenticated"]
        review = {"apiVersion": "authorization.k8s.io/v1", "kind": kind, "spec": spec}
        path = f"/apis/authorization.k8s.io/v1/{kind.lower()}s"
        return bool(self._request("POST", path, {}, review)["status"]["allowed"])

    def _request(self, method: str, path: str, query: dict[str, Any], body: Any) -> dict[str, Any]:
        try:
            response = self._client.call_api(
                path,
                method,
                query_params=list(query.items()),
                header_params={"Accept": "application/json", "Content-Type": "application/json"},
                body=body,
                auth_settings=["BearerToken"],
                _return_http_data_only=True,
                _preload_content=False,
                _request_timeout=_REQUEST_SECONDS,
            )
            self.date = response.headers.get("Date", "")
            content: dict[str, Any] = json.loads(response.data)
        except Exception as error:  # of urllib3, of the generated client, of JSON
            raise _unreadable(error, path) from error
        return content


def _unreadable(error: Exception, path: str) -> UnreadableError:
    status = getattr(error, "status", None)
    name = type(error).__name__
    if status == 403:
        return UnreadableError(f"no permission to read {_words(path)}")
    if status == 404:
        return UnreadableError(f"there is no {_words(path)}")
    if status == 401:
        return UnreadableError("Kubernetes refused the sign-in (401)")
    if status:
        return UnreadableError(f"Kubernetes' API answered {status}")
    if isinstance(error, ImportError):
        return UnreadableError("the Python package kubernetes is missing")
    if name == "ConfigException":
        return UnreadableError("there is no kubeconfig")
    return UnreadableError(f"no connection to Kubernetes ({name})")


def _words(path: str) -> str:
    """`/api/v1/namespaces/kubeflow/secrets/a` as `secrets a in the namespace kubeflow`."""
    parts = path.strip("/").split("/")
    rest = parts[2:] if parts[0] == "api" else parts[3:]
    if len(rest) > 2 and rest[0] == "namespaces":
        return f"{' '.join(rest[2:])} in the namespace {rest[1]}"
    return " ".join(rest)
