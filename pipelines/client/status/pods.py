"""Why the pods of a run are pending and why they ended, from Kubernetes; Kubeflow's API does not report it.

The request uses the permissions of this user or pod in Kubernetes. Without them the status shows only what
Kubeflow reports.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from components.shared.errors import Failure
from pipelines.client.connection.kubernetes_api import Kubernetes, UnreadableError
from pipelines.client.status.pod_conditions import PendingReason, pending_reason, termination_failure

_TOTAL_SECONDS = 8.0
"""Time limit for everything: a credential plugin of the kubeconfig, the connection, the answer."""
_MOST_PODS = 5000
_STAGE_LABEL = "kubesplat/stage"
_NODE_NAME = "workflows.argoproj.io/node-name"
_DRIVER = re.compile(r"\.([a-z0-9-]+)-driver\(\d+\)$")
_CAPTURE = re.compile(r"iteration-iterations\((\d+):")


@dataclass(frozen=True, slots=True)
class Pod:
    """A pod of a stage's try, or Kubeflow's driver pod of the stage."""

    stage: str
    capture: int
    """Number of the capture among those that a pass starts, from 0; 0 in a run of one capture."""
    is_driver: bool
    created_at: str
    ended: bool
    pending: PendingReason | None
    """Why the pod has not started; None if it has."""
    running_since: datetime | None
    """Start of its program, if that runs now."""
    failure: Failure | None
    """What ended the pod, if that was not the stage itself."""


@dataclass(frozen=True, slots=True)
class Pods:
    pods: tuple[Pod, ...] = ()
    """Oldest first."""
    problem: str = ""
    """Why the pods could not be listed."""

    def newest(self, stage: str, capture: int = 0) -> Pod | None:
        """The pod of the stage's last try, or its driver pod before the first try."""
        own = [pod for pod in self.pods if (pod.stage, pod.capture) == (stage, capture)]
        tries = [pod for pod in own if not pod.is_driver]
        return (tries or own)[-1] if own else None

    def last_failure(self, stage: str, capture: int = 0) -> Failure | None:
        """What ended the newest of the stage's ended pods; None: the stage itself, or unknown."""
        ended = [pod for pod in self.pods if (pod.stage, pod.capture) == (stage, capture) and pod.ended]
        return ended[-1].failure if ended else None

    def note_on_cancelling(self, run: str, namespace: str) -> str:
        """What a cancelled run may leave behind; empty where nothing has to be expected.

        Its exit task takes one of the images of its stages. Argo ends the workflow without a pod that still
        waits for its image, and leaves that pod to its time limit.
        """
        stuck = [pod.pending.text for pod in self.pods if pod.pending and pod.pending.state == "cannot start"]
        if not stuck:
            return ""
        return (
            f"{stuck[-1]}. The run ends all the same, but the pod of its exit task may wait for an image, "
            f"too, until its time limit. In a minute, this deletes it: kubectl delete pod -n {namespace} "
            f"-l pipeline/runid={run} --field-selector status.phase=Pending"
        )


def read_pods(run: str, namespace: str) -> Pods:
    """The pods of the run with this id. Errors are returned as `problem`; takes 8 seconds at most."""
    answer: list[Pods] = []

    def request() -> None:
        try:
            path = f"/api/v1/namespaces/{namespace}/pods"
            selector = f"pipeline/runid={run}"
            answer.append(Pods(pods_of(Kubernetes().items(path, labelSelector=selector, limit=_MOST_PODS))))
        except UnreadableError as error:
            answer.append(Pods(problem=error.reason))

    thread = threading.Thread(target=request, daemon=True)
    thread.start()
    thread.join(_TOTAL_SECONDS)
    return answer[0] if answer else Pods(problem=f"no answer within {_TOTAL_SECONDS:g} s")


def pods_of(items: Sequence[dict[str, Any]]) -> tuple[Pod, ...]:
    """The stages' pods among objects of Kubernetes' API, oldest first."""
    found = [pod for item in items if (pod := _pod(item))]
    return tuple(sorted(found, key=lambda pod: pod.created_at))


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
        pending=pending_reason(item),
        running_since=_running_since(item),
        failure=termination_failure(item, stage),
    )


def _running_since(item: dict[str, Any]) -> datetime | None:
    containers = item["status"].get("containerStatuses", [])
    states = [each["state"].get("running") for each in containers if each["name"] == "main"]
    return datetime.fromisoformat(states[0]["startedAt"]) if states and states[0] else None
