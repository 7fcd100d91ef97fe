"""Checks of Kubernetes and of Kubeflow's servers on it: fitting versions, retries, permissions."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import yaml

from components.shared.termination_log import FINAL_MARK
from pipelines.client.doctor.cluster import DEPLOY, Cluster, version_of
from pipelines.client.doctor.finding import Finding, fail, ok, warn

_OLDEST_KUBERNETES = (1, 30)
_ARGO = "4.0."
WORKFLOW_DEFAULTS = "workflow-controller-configmap"


def check_kubernetes(cluster: Cluster) -> Iterator[Finding]:
    found = cluster.kubernetes.read("/version")
    text = f"Kubernetes {found['gitVersion']} at {cluster.kubernetes.server}"
    major, minor = (int(re.sub(r"\D", "", found[each])) for each in ("major", "minor"))
    if (major, minor) < _OLDEST_KUBERNETES:
        yield warn("kubernetes", text, "The manifests need Kubernetes 1.30 or newer: upgrade the cluster.")
    else:
        yield ok("kubernetes", text)


def check_permissions(cluster: Cluster) -> Iterator[Finding]:
    """Listing pods is all that the commands need in Kubernetes beside Kubeflow's API."""
    if cluster.kubernetes.may("list", "pods", cluster.namespace):
        yield ok("permissions", f"pods in the namespace {cluster.namespace} can be listed")
        return
    text = (
        f"pods in the namespace {cluster.namespace} cannot be listed: `status` cannot tell why one is pending"
    )
    yield warn("permissions", text, f"Request the verb list on pods in the namespace {cluster.namespace}.")


def check_servers(cluster: Cluster) -> Iterator[Finding]:
    """All deployments of Kubeflow's namespace are available."""
    deployments = _deployments(cluster)
    if "ml-pipeline" not in deployments:
        text = f"the namespace {cluster.servers} has no deployment ml-pipeline"
        yield fail("servers", text, "Install Kubeflow Pipelines, or use the kubeconfig of its cluster.")
        return
    missing = sorted(
        name
        for name, each in deployments.items()
        if each["spec"].get("replicas", 1) > each["status"].get("availableReplicas", 0)
    )
    if missing:
        remedy = f"`kubectl -n {cluster.servers} describe deployment {missing[0]}`, and its pods' logs."
        yield fail("servers", f"not available: {', '.join(missing)}", remedy)
    else:
        yield ok("servers", f"all {len(deployments)} deployments in {cluster.servers} are available")


def check_versions(cluster: Cluster) -> Iterator[Finding]:
    """API server, driver and launcher are of one version, and so are Argo's controller and executor."""
    deployments = _deployments(cluster)
    api = _container(deployments.get("ml-pipeline"))
    variables = {each["name"]: each.get("value", "") for each in api.get("env", [])}
    parts = {
        "API server": version_of(api.get("image", "")),
        "driver": version_of(variables.get("V2_DRIVER_IMAGE", "")),
        "launcher": version_of(variables.get("V2_LAUNCHER_IMAGE", "")),
    }
    known = {name: each for name, each in parts.items() if each}
    if len(set(known.values())) > 1:
        text = ", ".join(f"{name} {each}" for name, each in known.items())
        remedy = "Set V2_DRIVER_IMAGE and V2_LAUNCHER_IMAGE of ml-pipeline to its own version."
        yield fail("versions", f"{text} do not fit together", remedy)
    elif known:
        yield ok("versions", f"{', '.join(known)}: {next(iter(known.values()))}")
    yield from _check_argo(_container(deployments.get("workflow-controller")))


def _check_argo(controller: dict[str, Any]) -> Iterator[Finding]:
    own = version_of(controller.get("image", ""))
    arguments = " ".join([*controller.get("command", []), *controller.get("args", [])])
    named = re.search(r"--executor-image[ =](\S+)", arguments)
    executor = version_of(named[1]) if named else own
    if executor != own:
        remedy = "Set --executor-image of the workflow-controller to the version of its own image."
        yield fail("argo", f"Argo's controller is {own}, its executor {executor}", remedy)
    elif not own.startswith(_ARGO):
        remedy = f"Retries were tried with Argo {_ARGO}x, which comes with Kubeflow Pipelines 2.17."
        yield warn("argo", f"Argo {own or 'of an unknown version'}", remedy)
    else:
        yield ok("argo", f"Argo {own}, controller and executor")


def check_retries(cluster: Cluster) -> Iterator[Finding]:
    """Argo's defaults retry a lost pod, and not a final failure."""
    data = cluster.config_map(WORKFLOW_DEFAULTS, cluster.servers)
    defaults = yaml.safe_load((data or {}).get("workflowDefaults", "")) or {}
    retry = defaults.get("spec", {}).get("templateDefaults", {}).get("retryStrategy", {})
    policy, expression = retry.get("retryPolicy", "OnError"), retry.get("expression", "")
    if policy != "Always":
        text = f"Argo's retryPolicy is {policy}: a stage that runs out of memory or is evicted fails the run"
        yield fail("retries", text, f"Set it to Always in {WORKFLOW_DEFAULTS}: {DEPLOY}")
    elif FINAL_MARK not in expression:
        text = "Argo retries final failures, such as bad photos, as well"
        yield warn("retries", text, f"Set the expression in {WORKFLOW_DEFAULTS}: {DEPLOY}")
    else:
        yield ok("retries", "Argo retries lost pods, and no final failures")


def _deployments(cluster: Cluster) -> dict[str, dict[str, Any]]:
    path = f"/apis/apps/v1/namespaces/{cluster.servers}/deployments"
    return {each["metadata"]["name"]: each for each in cluster.kubernetes.items(path)}


def find_container(cluster: Cluster, name: str) -> dict[str, Any]:
    """The container of one of Kubeflow's deployments; empty if there is no such deployment."""
    return _container(_deployments(cluster).get(name))


def _container(deployment: dict[str, Any] | None) -> dict[str, Any]:
    if deployment is None:
        return {}
    first: dict[str, Any] = deployment["spec"]["template"]["spec"]["containers"][0]
    return first
