"""Check of Kueue, where the task settings name a queue: the queue is active, its GPU quota large enough."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import yaml
from kubernetes.utils.quantity import parse_quantity

from pipelines.client.doctor.cluster import Cluster
from pipelines.client.doctor.finding import Finding, fail, ok
from pipelines.client.doctor.nodes import largest

_API = "/apis/kueue.x-k8s.io/v1beta2"
_CONFIG = ("kueue-manager-config", "kueue-system", "controller_manager_config.yaml")


def check_queue(cluster: Cluster) -> Iterator[Finding]:
    name, tasks = cluster.shared.queue, cluster.tasks(on_gpu=True)
    if not name or not tasks:
        return
    queue = cluster.kubernetes.find(f"{_API}/namespaces/{cluster.namespace}/localqueues/{name}")
    if queue is None:
        text = f"{cluster.namespace} has no LocalQueue {name}: pods with a GPU would wait for ever"
        remedy = "Add ../../components/kueue to `components` of the overlay, then `make deploy OVERLAY=…`."
        yield fail("queue", text, remedy)
        return
    yield _describe(cluster, queue)
    yield from _check_priority(cluster)
    yield from _check_pods_are_queued(cluster)


def _describe(cluster: Cluster, queue: dict[str, Any]) -> Finding:
    name, target = queue["metadata"]["name"], queue["spec"]["clusterQueue"]
    inactive = [each for each in _conditions(queue) if each["type"] == "Active" and each["status"] != "True"]
    if inactive:
        text = f"the LocalQueue {name} is not active: {inactive[0].get('message', '')}"
        return fail("queue", text, f"`kubectl describe clusterqueue {target}`")
    needed = largest(cluster.tasks(on_gpu=True).values()).gpus
    quota = _quota(cluster.kubernetes.read(f"{_API}/clusterqueues/{target}"), cluster.shared.gpu_resource)
    if quota < needed:
        text = f"the ClusterQueue {target} has a quota of {quota:f} GPUs; a task needs {needed}"
        return fail("queue", text, f"Raise its nominalQuota of {cluster.shared.gpu_resource}.")
    status = queue.get("status", {})
    waiting, admitted = status.get("pendingWorkloads", 0), status.get("admittedWorkloads", 0)
    return ok("queue", f"{name}: {admitted} pods admitted, {waiting} waiting, a quota of {quota:f} GPUs")


def _quota(cluster_queue: dict[str, Any], resource: str) -> Any:
    """The largest quota of one flavor: a pod's GPUs come from one."""
    flavors = [each for group in cluster_queue["spec"]["resourceGroups"] for each in group["flavors"]]
    named = [each for flavor in flavors for each in flavor["resources"] if each["name"] == resource]
    return max((parse_quantity(each["nominalQuota"]) for each in named), default=parse_quantity("0"))


def _check_priority(cluster: Cluster) -> Iterator[Finding]:
    name = cluster.shared.queue_priority
    if name and cluster.kubernetes.find(f"{_API}/workloadpriorityclasses/{name}") is None:
        text = f"there is no WorkloadPriorityClass {name}: pods with it are refused"
        yield fail("queue priority", text, "Create it, or correct queue_priority of the task settings.")


def _check_pods_are_queued(cluster: Cluster) -> Iterator[Finding]:
    """Kueue leaves pods alone unless its configuration names them."""
    name, namespace, key = _CONFIG
    text = (cluster.config_map(name, namespace) or {}).get(key, "")
    frameworks = (yaml.safe_load(text) or {}).get("integrations", {}).get("frameworks", [])
    if "pod" not in frameworks:
        remedy = f"Add `pod` to integrations.frameworks in the ConfigMap {name}, and restart Kueue."
        yield fail("queue of pods", "Kueue is not configured to queue pods: they start at once", remedy)


def _conditions(queue: dict[str, Any]) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = queue.get("status", {}).get("conditions", [])
    return found
