"""Kubernetes' conditions and reasons of a pod in words."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from components.shared.errors import Failure, OutOfMemoryError, StageLostError
from components.shared.progress import duration

WAITS_FOR_NODE, CANNOT_START, STARTING = "waiting for a node", "cannot start", "starting"

_IMAGE = ("ErrImagePull", "ImagePullBackOff", "InvalidImageName", "ErrImageNeverPull", "RegistryUnavailable")
_NORMAL = ("ContainerCreating", "PodInitializing")
_GPU = "nvidia.com/gpu"
_DISRUPTIONS = {
    "PreemptionByScheduler": "its node was needed for a pod of higher priority",
    "DeletionByTaintManager": "its node is gone or does not answer",
    "EvictionByEvictionAPI": "its node was emptied",
    "DeletionByPodGC": "its node is gone",
    "TerminationByKubelet": "its node shuts down or runs short of memory or disk",
}
_AGAIN = (
    "Kubeflow tries again by itself; if it has given up, the same submission goes on from what is stored."
)


@dataclass(frozen=True, slots=True)
class Trouble:
    """What keeps a pod from starting."""

    state: str
    """`waiting for a node`, `cannot start`, or `starting` where nothing is wrong yet."""
    words: str
    since: str
    """As RFC 3339."""


def kept_by(pod: dict[str, Any]) -> Trouble | None:
    """`pod` is as Kubernetes' API writes it."""
    status, since = pod["status"], pod["metadata"]["creationTimestamp"]
    if status.get("phase") != "Pending":
        return None
    for condition in status.get("conditions", []):
        if condition["type"] == "PodScheduled" and condition["status"] == "False":
            words = f"no {_wanted(pod)}: {_first_sentence(condition.get('message', ''))}"
            return Trouble(WAITS_FOR_NODE, words, condition.get("lastTransitionTime") or since)
    for each in _containers(pod):
        waiting = each["state"].get("waiting", {})
        if waiting.get("reason", _NORMAL[0]) not in _NORMAL:
            return Trouble(CANNOT_START, _why_not(waiting, each.get("image", "")), since)
    return Trouble(STARTING, "", since)


def ended_by(pod: dict[str, Any], stage: str) -> Failure | None:
    """None if it has not ended, or if its own program ended it."""
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
            words = _DISRUPTIONS.get(reason) or condition.get("message", "")
            return _lost(stage, f"lost its pod: {words} ({reason})")
    codes = [each["state"].get("terminated", {}).get("exitCode", 0) for each in _containers(pod)]
    killed = [code for code in codes if code > 128]
    return _lost(stage, f"was killed (exit status {killed[0]})") if killed else None


def _why_not(waiting: dict[str, Any], image: str) -> str:
    reason, message = waiting["reason"], waiting.get("message", "")
    if reason in _IMAGE:  # the message repeats the image's name once for each step that led to the failure
        reason, message = f"the image {image} cannot be pulled ({reason})", message.rsplit('": ', 1)[-1]
    return f"{reason}: {message}" if message else reason


def _out_of_memory(pod: dict[str, Any], container: str, stage: str) -> Failure:
    limit = _resources(pod, "limits", container).get("memory")
    bound = f"its limit of {limit}" if limit else "there is on its node"
    parameter = f"{stage}_memory" if stage in ("sfm", "train") else ""
    more = f"--set {parameter}=… gives it more; " if parameter else "The task settings give it more; "
    message = f"{stage} was killed for memory: it took more than {bound} (OOMKilled)"
    return OutOfMemoryError(message, remedy=f"{more}fewer or smaller photos need less.").to_failure(stage)


def _out_of_time(pod: dict[str, Any], stage: str) -> Failure:
    seconds = pod["spec"].get("activeDeadlineSeconds")
    limit = f" of {duration(seconds)}" if seconds else ""
    remedy = "Raise time_limit_seconds in the task settings. Training goes on from its last checkpoint."
    return StageLostError(f"{stage} was ended at its time limit{limit}", remedy=remedy).to_failure(stage)


def _lost(stage: str, words: str) -> Failure:
    return StageLostError(f"{stage} {words}", remedy=_AGAIN).to_failure(stage)


def _wanted(pod: dict[str, Any]) -> str:
    """`A10G`, `node with room for 8 CPU and 12Gi`."""
    requests = _resources(pod, "requests", "main") or _resources(pod, "limits", "main")
    count = requests.get(_GPU)
    if count:
        models = sorted(model.removeprefix("NVIDIA-") for model in _gpu_models(pod))
        gpu = " or ".join(models) or "GPU"
        return gpu if count == "1" else f"node with {count} × {gpu}"
    room = " and ".join(words for words in (_cpu(requests.get("cpu")), requests.get("memory")) if words)
    return f"node with room for {room}" if room else "node that fits"


def _cpu(amount: str | None) -> str:
    return f"{amount} CPU" if amount else ""


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
    """The scheduler goes on about pods that it could have displaced."""
    return message.split(". ", 1)[0].rstrip(".")
