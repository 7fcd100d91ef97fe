"""What the checks of a cluster share: the connection, the namespaces, the settings of the tasks."""

from __future__ import annotations

import base64
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from pipelines.client.connection.kubernetes_api import Kubernetes
from pipelines.client.connection.settings import KUBEFLOW_NAMESPACE
from pipelines.task_settings.defaults import PipelineSettings
from pipelines.task_settings.settings import ClusterSettings, TaskSettings

DEPLOY = "`make deploy OVERLAY=…` does that; see manifests/README.md."
RUN_LABELS: Mapping[str, str] = {"app.kubernetes.io/part-of": "kubesplat"}
"""Of the pods of runs, by `pipelines.task_settings.prepare`."""

_VERSION = re.compile(r"\d+\.\d+\S*")


@dataclass(frozen=True)
class Cluster:
    kubernetes: Kubernetes
    namespace: str
    """Of the pods of runs: the profile, or `kubeflow`."""
    settings: PipelineSettings
    servers: str = KUBEFLOW_NAMESPACE
    """Namespace of Kubeflow's own servers."""
    _nodes: list[dict[str, Any]] = field(default_factory=list)

    @property
    def shared(self) -> ClusterSettings:
        return self.settings.cluster

    @property
    def account(self) -> str:
        """The service account of runs: another one where Kubeflow has several users."""
        return "pipeline-runner" if self.namespace == self.servers else "default-editor"

    def tasks(self, *, on_gpu: bool) -> dict[str, TaskSettings]:
        """The tasks with a GPU, or those without, by stage."""
        return {name: task for name, task in self.settings.tasks.items() if bool(task.gpus) == on_gpu}

    def nodes(self) -> list[dict[str, Any]]:
        if not self._nodes:
            self._nodes.extend(self.kubernetes.read("/api/v1/nodes")["items"])
        return self._nodes

    def find(self, kind: str, name: str, namespace: str | None = None) -> dict[str, Any] | None:
        """An object of the core API, such as one of `secrets`; None if it does not exist."""
        return self.kubernetes.find(f"/api/v1/namespaces/{namespace or self.namespace}/{kind}/{name}")

    def config_map(self, name: str, namespace: str | None = None) -> dict[str, str] | None:
        found = self.find("configmaps", name, namespace)
        return None if found is None else found.get("data") or {}

    def secret(self, name: str) -> dict[str, str] | None:
        """The values of a secret, which no finding may show; None if there is no such secret."""
        found = self.find("secrets", name)
        if found is None:
            return None
        data = found.get("data") or {}
        return {key: base64.b64decode(value).decode(errors="replace").strip() for key, value in data.items()}

    def environment(self) -> dict[str, str] | None:
        """The variables that runs get from the ConfigMap of the task settings."""
        return self.config_map(self.shared.environment_config_map)


def version_of(image: str) -> str:
    """`4.0.5` of `quay.io/argoproj/argoexec:v4.0.5@sha256:…`; empty if its tag is no version."""
    tag = image.partition("@")[0].rpartition("/")[2].partition(":")[2]
    match = _VERSION.fullmatch(tag.removeprefix("v"))
    return match[0] if match else ""
