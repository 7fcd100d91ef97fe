"""Checks of nodes: one for the largest CPU task, one for the largest GPU task, the device plugin."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from pipelines.client.doctor.cluster import Cluster
from pipelines.client.doctor.finding import Finding, fail, ok, warn
from pipelines.client.doctor.nodes import Need, has_gpu_label, largest, obstacle, repelling

_SHOWN = 3
_TYPE_LABEL = "node.kubernetes.io/instance-type"


def check_cpu_nodes(cluster: Cluster) -> Iterator[Finding]:
    """Kubeflow's driver pods have no tolerations either, so that these nodes are needed in any case."""
    need = largest(cluster.tasks(on_gpu=False).values())
    yield from _check_nodes(cluster, "cpu nodes", cluster.nodes(), need)


def check_gpu_nodes(cluster: Cluster) -> Iterator[Finding]:
    tasks = cluster.tasks(on_gpu=True)
    if not tasks:
        yield ok("gpu nodes", "not needed: no task requests a GPU")
        return
    shared = cluster.shared
    labelled = [each for each in cluster.nodes() if has_gpu_label(each["metadata"].get("labels", {}), shared)]
    yield from _check_nodes(cluster, "gpu nodes", labelled, largest(tasks.values()))
    for node in labelled:
        if shared.gpu_resource not in [taint["key"] for taint in node["spec"].get("taints", [])]:
            name = node["metadata"]["name"]
            text = f"the GPU node {name} has no taint {shared.gpu_resource}: tasks without a GPU may fill it"
            yield warn(
                "gpu taint", text, f"`kubectl taint node {name} {shared.gpu_resource}=present:NoSchedule`"
            )
    yield from _check_device_plugin(cluster, bool(labelled))


def _check_nodes(cluster: Cluster, check: str, nodes: list[dict[str, Any]], need: Need) -> Iterator[Finding]:
    obstacles = {each["metadata"]["name"]: obstacle(each, need, cluster.shared) for each in nodes}
    usable = [name for name, why in obstacles.items() if not why]
    pools = [each for each in _node_pools(cluster) if _pool_fits(each, need, cluster)]
    if usable:
        yield ok(check, f"{len(usable)} of {len(nodes)} can take the largest task ({need}), if empty")
    elif pools:
        yield from _describe_pool(cluster, check, pools[0])
    elif not nodes:
        labels = " or ".join((*cluster.shared.gpu_instance_types, *cluster.shared.gpu_products))
        text = f"no node has the label of {labels}, and no Karpenter NodePool makes one"
        remedy = "Add such nodes, or name yours in gpu_instance_types or gpu_products of the task settings; "
        yield fail(
            check, text, f"{remedy}`gpus: 0` runs without. Ignore this if another autoscaler makes them."
        )
    else:
        shown = [f"{name} {why}" for name, why in obstacles.items()][:_SHOWN]
        more = f"; and {len(nodes) - _SHOWN} more" if len(nodes) > _SHOWN else ""
        text = f"no node can take the largest task ({need}): {'; '.join(shown)}{more}"
        yield fail(check, text, "Remove the cause, add a larger node, or lower the task settings.")


def _node_pools(cluster: Cluster) -> list[dict[str, Any]]:
    return cluster.kubernetes.items("/apis/karpenter.sh/v1/nodepools")


def _pool_fits(pool: dict[str, Any], need: Need, cluster: Cluster) -> bool:
    """Whether the labels and taints of the pool's nodes fit; Karpenter chooses the size."""
    spec = pool["spec"]["template"]["spec"]
    if repelling(spec.get("taints", []), need, cluster.shared):
        return False
    types = [each.get("values", []) for each in spec.get("requirements", []) if each["key"] == _TYPE_LABEL]
    is_gpu = any(has_gpu_label({_TYPE_LABEL: name}, cluster.shared) for values in types for name in values)
    return is_gpu == bool(need.gpus)


def _describe_pool(cluster: Cluster, check: str, pool: dict[str, Any]) -> Iterator[Finding]:
    name, status = pool["metadata"]["name"], pool.get("status", {})
    for condition in status.get("conditions", []):
        if condition["type"] == "Ready" and condition["status"] == "False":
            text = f"Karpenter's NodePool {name} is not ready: {condition.get('message', '')}"
            yield fail(check, text, f"`kubectl describe nodepool {name}`")
            return
    limit = pool["spec"].get("limits", {}).get(cluster.shared.gpu_resource)
    used = status.get("resources", {}).get(cluster.shared.gpu_resource, "0")
    gpus = f", {used} of {limit} GPUs in use" if limit else ""
    yield ok(check, f"none now; Karpenter's NodePool {name} makes them{gpus}")


def _check_device_plugin(cluster: Cluster, has_nodes: bool) -> Iterator[Finding]:
    """Something on the GPU nodes must announce their GPUs to Kubernetes."""
    found = [each for each in cluster.kubernetes.items("/apis/apps/v1/daemonsets") if _is_device_plugin(each)]
    for each in found:
        name, namespace, status = each["metadata"]["name"], each["metadata"]["namespace"], each["status"]
        wanted, ready = status.get("desiredNumberScheduled", 0), status.get("numberReady", 0)
        text = f"DaemonSet {name} in {namespace}: {ready} of {wanted} pods are ready"
        if has_nodes and not wanted:
            remedy = "Give the GPU nodes the labels of its nodeSelector, such as kubesplat/pool=gpu."
            yield warn("device plugin", f"{text}; no node matches it", remedy)
        else:
            remedy = f"`kubectl -n {namespace} describe daemonset {name}`, and its pods' logs."
            yield fail("device plugin", text, remedy) if ready < wanted else ok("device plugin", text)
    if not found:
        text = "no DaemonSet of a device plugin, which would announce GPUs to Kubernetes"
        remedy = "Install NVIDIA's device plugin: manifests/components/nvidia-device-plugin."
        yield (warn if has_nodes else fail)("device plugin", text, remedy)


def _is_device_plugin(daemon_set: dict[str, Any]) -> bool:
    containers = daemon_set["spec"]["template"]["spec"]["containers"]
    return any("device-plugin" in each.get("image", "") for each in containers)
