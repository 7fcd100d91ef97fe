"""What a run's pods wait for, and what ended them: of that Kubeflow's API says nothing.

Asked with the rights that this user or pod has in Kubernetes; who has none learns what Kubeflow knows.
"""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from components.shared.errors import Failure
from pipelines.client.connection.settings import in_cluster
from pipelines.client.status.pod_conditions import Trouble, ended_by, kept_by

_PATIENCE_SECONDS = 8.0
"""For everything: a login helper that kubectl's settings name, the connection, the answer."""
_REQUEST_SECONDS = (2.0, 5.0)
_MOST_PODS = 5000
_STAGE_LABEL = "kubesplat/stage"
_NODE_NAME = "workflows.argoproj.io/node-name"
_DRIVER = re.compile(r"\.([a-z0-9-]+)-driver\(\d+\)$")
_CAPTURE = re.compile(r"iteration-iterations\((\d+):")


@dataclass(frozen=True, slots=True)
class Pod:
    """A try of a stage, or the pod of Kubeflow's that prepares it."""

    stage: str
    capture: int
    """Which of the captures that a pass over an inbox has begun, from 0; 0 in a run of one capture."""
    is_driver: bool
    created_at: str
    ended: bool
    trouble: Trouble | None
    """Why it has not started; None if it has."""
    failure: Failure | None
    """What ended it, if that was not the stage itself."""


@dataclass(frozen=True, slots=True)
class Pods:
    pods: tuple[Pod, ...] = ()
    """The oldest first."""
    problem: str = ""
    """Why they are not known."""

    def newest(self, stage: str, capture: int = 0) -> Pod | None:
        """The stage's last try, or the pod that prepares it while there is none."""
        own = [pod for pod in self.pods if (pod.stage, pod.capture) == (stage, capture)]
        tries = [pod for pod in own if not pod.is_driver]
        return (tries or own)[-1] if own else None

    def last_failure(self, stage: str, capture: int = 0) -> Failure | None:
        """What ended the newest of the stage's pods that have ended; None: itself, or it is not known."""
        ended = [pod for pod in self.pods if (pod.stage, pod.capture) == (stage, capture) and pod.ended]
        return ended[-1].failure if ended else None


def read_pods(run: str, namespace: str) -> Pods:
    """Of the run with this id. Never fails, and takes a few seconds at most."""
    answer: list[Pods] = []

    def ask() -> None:
        try:
            answer.append(Pods(pods_of(_list(run, namespace))))
        except Exception as error:  # no package, no settings, no rights, no connection: many types each
            answer.append(Pods(problem=_reason(error, namespace)))

    thread = threading.Thread(target=ask, daemon=True)
    thread.start()
    thread.join(_PATIENCE_SECONDS)
    return answer[0] if answer else Pods(problem=f"no answer within {_PATIENCE_SECONDS:g} s")


def pods_of(items: Sequence[dict[str, Any]]) -> tuple[Pod, ...]:
    """From pods as Kubernetes' API writes them."""
    found = [pod for item in items if (pod := _pod(item))]
    return tuple(sorted(found, key=lambda pod: pod.created_at))


def _list(run: str, namespace: str) -> list[dict[str, Any]]:
    from kubernetes import client, config

    configuration = client.Configuration()
    load = config.load_incluster_config if in_cluster() else config.load_kube_config
    load(client_configuration=configuration)
    configuration.retries = False
    api = client.CoreV1Api(client.ApiClient(configuration))
    response = api.list_namespaced_pod(
        namespace,
        label_selector=f"pipeline/runid={run}",
        limit=_MOST_PODS,
        _request_timeout=_REQUEST_SECONDS,
        _preload_content=False,
    )
    items: list[dict[str, Any]] = json.loads(response.data)["items"]
    return items


def _pod(item: dict[str, Any]) -> Pod | None:
    metadata = item["metadata"]
    node = metadata.get("annotations", {}).get(_NODE_NAME, "")
    driver, capture = _DRIVER.search(node), _CAPTURE.search(node)
    stage = metadata.get("labels", {}).get(_STAGE_LABEL) or (driver[1] if driver else "")
    if not stage:
        return None
    return Pod(
        stage=stage,
        capture=int(capture[1]) if capture else 0,
        is_driver=driver is not None,
        created_at=metadata["creationTimestamp"],
        ended=item["status"].get("phase") in ("Succeeded", "Failed"),
        trouble=kept_by(item),
        failure=ended_by(item, stage),
    )


def _reason(error: Exception, namespace: str) -> str:
    status = getattr(error, "status", None)
    if status == 403:
        return f"you may not list pods in the namespace {namespace}"
    if status:
        return f"Kubernetes' API answered {status}"
    name = type(error).__name__
    if isinstance(error, ImportError):
        return "the Python package kubernetes is missing"
    return (
        "kubectl has no settings here"
        if name == "ConfigException"
        else f"no connection to Kubernetes ({name})"
    )
