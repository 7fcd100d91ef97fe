"""Why a pod does not start, and why it ended: readable texts for Kubernetes' conditions and reasons."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from components.shared.errors import Failure, OutOfMemoryError, StageLostError
from components.shared.progress import duration
from pipelines.client.states import PendingState

_IMAGE_REASONS = (
    "ErrImagePull",
    "ImagePullBackOff",
    "InvalidImageName",
    "ErrImageNeverPull",
    "RegistryUnavailable",
)
_NORMAL_REASONS = ("ContainerCreating", "PodInitializing")
_GPU = "nvidia.com/gpu"
_QUEUE_LABEL = "kueue.x-k8s.io/queue-name"
_DISRUPTIONS = {
    "PreemptionByScheduler": "a pod of higher priority took its node",
    "DeletionByTaintManager": "its node was removed or does not answer",
    "EvictionByEvictionAPI": "its node was drained",
    "DeletionByPodGC": "its node was removed",
    "TerminationByKubelet": "its node shuts down or runs short of memory or disk",
}
_LOST_REMEDY = (
    "Kubeflow retries by itself. After its last retry, the same submission resumes from the stored results."
)


@dataclass(frozen=True, slots=True)
class PendingReason:
    """Why a pod is pending."""

    state: PendingState
    """`starting` if there is no problem yet."""
    text: str
    since: str
    """As RFC 3339."""


def pending_reason(pod: dict[str, Any]) -> PendingReason | None:
    """Why `pod`, an object of Kubernetes' API, is pending; None if it is not."""
    status, since = pod["status"], pod["metadata"]["creationTimestamp"]
    if status.get("phase") != "Pending":
        return None
    for condition in status.get("conditions", []):
        if condition["type"] == "PodScheduled" and condition["status"] == "False":
            if condition.get("reason") == "SchedulingGated":
                return PendingReason("waiting for a node", _gate_text(pod), since)
            text = f"no {_requested_node(pod)}: {_first_sentence(condition.get('message', ''))}"
            return PendingReason("waiting for a node", text, condition.get("lastTransitionTime") or since)
    for each in _containers(pod):
        waiting = each["state"].get("waiting", {})
        if waiting.get("reason", _NORMAL_REASONS[0]) not in _NORMAL_REASONS:
            return PendingReason("cannot start", _waiting_text(waiting, each.get("image", "")), since)
    return PendingReason("starting", "", since)


def termination_failure(pod: dict[str, Any], stage: str) -> Failure | None:
    """What ended the pod from outside; None if it has not ended, or if its own program ended it."""
    status = pod["status"]
    if status.get("phase") != "Failed":
        return None
    for each in _containers(pod):
        ended = each["state"].get("terminated", {})
        if ended.get("reason") == "OOMKilled":
            return _out_of_memory(pod, each["name"], stage)
    if status.get("reason") == "Evicted":
        return _lost(stage, f"was evicted: {status.get('message', '')}".strip())
    if status.get("reason") == "DeadlineExceeded":
        return _out_of_time(pod, stage)
    for condition in status.get("conditions", []):
        if condition["type"] == "DisruptionTarget" and condition["status"] == "True":
            reason = str(condition.get("reason"))
            text = _DISRUPTIONS.get(reason) or condition.get("message", "")
            return _lost(stage, f"lost its pod: {text} ({reason})")
    codes = [each["state"].get("terminated", {}).get("exitCode", 0) for each in _containers(pod)]
    killed = [code for code in codes if code > 128]
    return _lost(stage, f"was killed (exit status {killed[0]})") if killed else None


def _gate_text(pod: dict[str, Any]) -> str:
    queue = pod["metadata"].get("labels", {}).get(_QUEUE_LABEL)
    return f"its turn in the queue {queue} has not come" if queue else "a scheduling gate holds it back"


def _waiting_text(waiting: dict[str, Any], image: str) -> str:
    reason, message = waiting["reason"], waiting.get("message", "")
    if (
        reason in _IMAGE_REASONS
    ):  # the message repeats the image's name once for each step that led to the failure
        reason, message = f"the image {image} cannot be pulled ({reason})", message.rsplit('": ', 1)[-1]
    return f"{reason}: {message}" if message else reason


def _out_of_memory(pod: dict[str, Any], container: str, stage: str) -> Failure:
    limit = _resources(pod, "limits", container).get("memory")
    bound = f"its limit of {limit}" if limit else "the memory of its node"
    parameter = f"--set {stage}_memory=…" if stage in ("sfm", "train") else "the task settings"
    message = f"{stage} was killed for memory: it used more than {bound} (OOMKilled)"
    remedy = f"Raise the memory with {parameter}, or use fewer or smaller photos."
    return OutOfMemoryError(message, remedy=remedy).to_failure(stage)


def _out_of_time(pod: dict[str, Any], stage: str) -> Failure:
    seconds = pod["spec"].get("activeDeadlineSeconds")
    limit = f" of {duration(seconds)}" if seconds else ""
    remedy = "Raise time_limit_seconds in the task settings. Training resumes from its last checkpoint."
    return StageLostError(f"{stage} was killed at its time limit{limit}", remedy=remedy).to_failure(stage)


def _lost(stage: str, event: str) -> Failure:
    return StageLostError(f"{stage} {event}", remedy=_LOST_REMEDY).to_failure(stage)


def _requested_node(pod: dict[str, Any]) -> str:
    """`A10G`, `node with 8 CPU and 12Gi free`."""
    requests = _resources(pod, "requests", "main") or _resources(pod, "limits", "main")
    count = requests.get(_GPU)
    if count:
        models = sorted(model.removeprefix("NVIDIA-") for model in _gpu_models(pod))
        gpu = " or ".join(models) or "GPU"
        return gpu if count == "1" else f"node with {count} × {gpu}"
    cpu = f"{requests['cpu']} CPU" if requests.get("cpu") else None
    amounts = " and ".join(amount for amount in (cpu, requests.get("memory")) if amount)
    return f"node with {amounts} free" if amounts else "suitable node"


def _gpu_models(pod: dict[str, Any]) -> set[str]:
    affinity = pod["spec"].get("affinity") or {}
    needed = affinity.get("nodeAffinity", {}).get("requiredDuringSchedulingIgnoredDuringExecution", {})
    expressions = [
        each for term in needed.get("nodeSelectorTerms", []) for each in term.get("matchExpressions", [])
    ]
    expressions += [
        {"key": key, "values": [value]} for key, value in (pod["spec"].get("nodeSelector") or {}).items()
    ]
    named = [each for each in expressions if each["key"].endswith(("gpu.product", "gpu-name"))]
    return {value for each in named for value in each.get("values", [])}


def _resources(pod: dict[str, Any], kind: str, container: str) -> dict[str, str]:
    for each in pod["spec"]["containers"]:
        if each["name"] == container:
            found: dict[str, str] = each.get("resources", {}).get(kind, {})
            return found
    return {}


def _containers(pod: dict[str, Any]) -> list[dict[str, Any]]:
    status = pod["status"]
    return [*status.get("initContainerStatuses", []), *status.get("containerStatuses", [])]


def _first_sentence(message: str) -> str:
    """The message without the scheduler's remarks on preemption."""
    return message.split(". ", 1)[0].rstrip(".")
