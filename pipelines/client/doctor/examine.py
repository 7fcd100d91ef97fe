"""All checks, in the order in which causes come before their effects."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from pipelines.client.connection.kubernetes_api import Kubernetes, UnreadableError
from pipelines.client.connection.settings import KUBEFLOW_NAMESPACE, ClientSettings
from pipelines.client.doctor import (
    check_images,
    check_network,
    check_nodes,
    check_queue,
    check_quota,
    check_retention,
    check_rights,
    check_servers,
    check_storage,
)
from pipelines.client.doctor.check_kubeflow import check_clock, check_kubeflow
from pipelines.client.doctor.cluster import Cluster
from pipelines.client.doctor.finding import Finding, unseen
from pipelines.task_settings.defaults import PipelineSettings

_CHECKS: dict[str, Callable[[Cluster], Iterator[Finding]]] = {
    "kubernetes": check_servers.check_kubernetes,
    "permissions": check_servers.check_permissions,
    "rights of runs": check_rights.check_rights,
    "servers": check_servers.check_servers,
    "versions": check_servers.check_versions,
    "retries": check_servers.check_retries,
    "run retention": check_retention.check_retention,
    "environment": check_storage.check_environment,
    "credentials": check_storage.check_credentials,
    "pipeline root": check_storage.check_root,
    "network": check_network.check_network,
    "images": check_images.check_images,
    "pull secret": check_images.check_pull_secret,
    "cpu nodes": check_nodes.check_cpu_nodes,
    "gpu nodes": check_nodes.check_gpu_nodes,
    "quota": check_quota.check_quotas,
    "queue": check_queue.check_queue,
}
_KUBECONFIG = "Set KUBECONFIG to this cluster, and try `kubectl version`."


def examine(
    connection: ClientSettings, settings: PipelineSettings, storage: str | None = None
) -> Iterator[Finding]:
    """Check Kubeflow, the cluster behind it, and the object store. Findings appear one by one.

    What this user may not see is `unseen` and does not end the other checks.

    Args:
        connection: of Kubeflow Pipelines.
        settings: of the tasks that the cluster is to run.
        storage: `s3://` prefix to try from this machine; None: the pipeline root.
    """
    kubeflow, findings = check_kubeflow(connection)
    yield from findings
    namespace = kubeflow.pod_namespace if kubeflow else connection.namespace or KUBEFLOW_NAMESPACE
    try:
        cluster = Cluster(Kubernetes(), namespace, settings)
        cluster.kubernetes.read("/version")
    except UnreadableError as error:
        yield unseen("kubernetes", f"{error.reason}; so not seen: {', '.join([*_CHECKS][1:])}", _KUBECONFIG)
        root = storage
    else:
        yield check_clock("clock of nodes", cluster.kubernetes.date, "Kubernetes")
        for name, check in _CHECKS.items():
            yield from _run(name, check, cluster)
        root = storage or _pipeline_root(cluster)
    if root:
        yield from check_storage.check_storage(root)
    else:
        yield unseen("storage", "not tried: its address is not known", "Name a prefix with --storage s3://…")


def _run(name: str, check: Callable[[Cluster], Iterator[Finding]], cluster: Cluster) -> Iterator[Finding]:
    try:
        yield from check(cluster)
    except UnreadableError as error:
        yield unseen(name, error.reason)


def _pipeline_root(cluster: Cluster) -> str:
    try:
        return check_storage.pipeline_root(cluster)
    except UnreadableError:
        return ""
