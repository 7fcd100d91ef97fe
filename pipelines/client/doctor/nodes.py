"""Whether a node, or a pool of nodes that an autoscaler makes, can take a task."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from kubernetes.utils.quantity import parse_quantity

from pipelines.task_settings.settings import ClusterSettings, TaskSettings

_REPELLING = ("NoSchedule", "NoExecute")


@dataclass(frozen=True, slots=True)
class Need:
    """What the largest of some tasks requests."""

    cpus: float
    memory: str
    gpus: int = 0

    def __str__(self) -> str:
        gpus = f"{self.gpus} GPUs, " if self.gpus > 1 else "1 GPU, " if self.gpus else ""
        return f"{gpus}{self.cpus:g} CPU and {self.memory}"

    def amounts(self, gpu_resource: str) -> dict[str, Decimal]:
        needed = {"cpu": Decimal(str(self.cpus)), "memory": parse_quantity(self.memory)}
        return needed | ({gpu_resource: Decimal(self.gpus)} if self.gpus else {})


def largest(tasks: Iterable[TaskSettings]) -> Need:
    """The largest request of each resource among `tasks`."""
    every = list(tasks)
    return Need(
        cpus=max(task.cpus for task in every),
        memory=max((task.memory for task in every), key=parse_quantity),
        gpus=max(task.gpus for task in every),
    )


def has_gpu_label(labels: dict[str, str], cluster: ClusterSettings) -> bool:
    """Whether the affinity of GPU tasks takes a node with these labels."""
    return (
        labels.get("node.kubernetes.io/instance-type") in cluster.gpu_instance_types
        or labels.get(f"{cluster.gpu_resource}.product") in cluster.gpu_products
    )


def obstacle(node: dict[str, Any], need: Need, cluster: ClusterSettings) -> str:
    """Why `node` can never take a task with this need, though it were empty; empty if it can."""
    spec, status = node["spec"], node["status"]
    if not any(each["type"] == "Ready" and each["status"] == "True" for each in status.get("conditions", [])):
        return "is not ready"
    if spec.get("unschedulable"):
        return "is cordoned"
    foreign = repelling(spec.get("taints", []), need, cluster)
    if foreign:
        return f"has the taint {foreign}, which the task does not tolerate"
    allocatable = status.get("allocatable", {})
    for resource, amount in need.amounts(cluster.gpu_resource).items():
        offered = allocatable.get(resource, "0")
        if parse_quantity(offered) < amount:
            return f"offers {offered} {resource}"
    return ""


def repelling(taints: list[dict[str, str]], need: Need, cluster: ClusterSettings) -> str:
    """The first taint that keeps the task away; GPU tasks tolerate the one of GPU nodes."""
    for taint in taints:
        tolerated = need.gpus and (taint["key"], taint["effect"]) == (cluster.gpu_resource, "NoSchedule")
        if taint["effect"] in _REPELLING and not tolerated:
            return f"{taint['key']}:{taint['effect']}"
    return ""
