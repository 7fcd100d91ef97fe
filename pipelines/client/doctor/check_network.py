"""Check of what the pods of runs may reach: object store and Pushgateway, by services and policies.

Only what Kubernetes' API knows is judged: not firewalls, not security groups, and not whether the network
plugin enforces policies at all.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from ipaddress import ip_address
from typing import Any
from urllib.parse import urlsplit

from components.publish.notify.targets import find_targets
from components.shared.environment import PUSHGATEWAY_VARIABLE
from components.shared.storage.s3 import AWS
from pipelines.client.doctor.cluster import DEPLOY, RUN_LABELS, Cluster
from pipelines.client.doctor.finding import Finding, fail, ok, warn
from pipelines.client.doctor.network_policy import Peer, Port, refusing

_SERVICE = re.compile(r"([a-z0-9-]+)\.([a-z0-9-]+)\.svc(\.cluster\.local)?")


@dataclass(frozen=True, slots=True)
class _Target:
    peer: Peer
    port: Port
    problem: str = ""
    """Why nothing answers there; empty if something should."""


def check_network(cluster: Cluster) -> Iterator[Finding]:
    environment = cluster.environment() or {}
    yield _check_reach(cluster, "reach of S3", environment.get("AWS_ENDPOINT_URL") or AWS)
    if gateway := environment.get(PUSHGATEWAY_VARIABLE):
        yield _check_reach(cluster, "reach of metrics", gateway)
    yield from _check_notifications(cluster)
    own = _policies(cluster, cluster.namespace)
    if not refusing(own, "egress", RUN_LABELS, Peer(), Port(1)):
        text = f"no network policy restricts the runs in {cluster.namespace}, which read untrusted photos"
        yield warn("isolation", text, f"base/run_network.yaml does: {DEPLOY}")


def _check_notifications(cluster: Cluster) -> Iterator[Finding]:
    """The receivers in the Secret of the task settings; their addresses are secrets."""
    name = cluster.shared.notify_secret
    targets, problems = find_targets(cluster.secret(name) or {})
    for target in targets:
        parts = urlsplit(target.url)
        port = f":{parts.port}" if parts.port else ""
        yield _check_reach(
            cluster, f"reach of {target.name.split()[0]}", f"{parts.scheme}://{parts.hostname}{port}"
        )
    for problem in problems:
        yield fail("notifications", f"the Secret {name}: {problem}", f"Correct it in {cluster.namespace}.")


def _check_reach(cluster: Cluster, check: str, address: str) -> Finding:
    target = _find_target(cluster, address)
    if target.problem:
        return fail(check, f"{address}: {target.problem}", "Start the service, or correct the address.")
    refused = refusing(_policies(cluster, cluster.namespace), "egress", RUN_LABELS, target.peer, target.port)
    if not refused and target.peer.namespace:
        labels = target.peer.pod_labels or {}
        source = Peer(cluster.namespace, _namespace_labels(cluster, cluster.namespace), RUN_LABELS)
        refused = refusing(_policies(cluster, target.peer.namespace), "ingress", labels, source, target.port)
    if refused:
        text = f"{address}: port {target.port.number} is refused to runs by the policies {', '.join(refused)}"
        return fail(check, text, "Add a rule to one of them, as in manifests/components/*/network.yaml.")
    return ok(check, f"{address}: no network policy is in the way")


def _find_target(cluster: Cluster, address: str) -> _Target:
    """The pods behind an address, if it is that of a service."""
    parts = urlsplit(address)
    number = parts.port or (443 if parts.scheme == "https" else 80)
    named = _SERVICE.fullmatch(parts.hostname or "")
    if named is None:
        return _Target(Peer(address=_literal_address(parts.hostname or "")), Port(number))
    name, namespace = named[1], named[2]
    service = cluster.find("services", name, namespace)
    if service is None:
        return _Target(Peer(), Port(number), f"there is no service {name} in the namespace {namespace}")
    selector = service["spec"].get("selector")
    if not selector:
        return _Target(Peer(), Port(number))
    pods = cluster.kubernetes.items(
        f"/api/v1/namespaces/{namespace}/pods",
        labelSelector=",".join(f"{key}={value}" for key, value in selector.items()),
    )
    ready = [pod for pod in pods if _is_ready(pod)]
    port = _target_port(service, number, ready[0] if ready else None)
    labels = ready[0]["metadata"]["labels"] if ready else selector
    peer = Peer(namespace, _namespace_labels(cluster, namespace), labels)
    problem = "" if ready else f"no pod behind the service {name} in the namespace {namespace} is ready"
    return _Target(peer, port, problem)


def _literal_address(host: str) -> str:
    """The host if it is an IP address; names are not resolved, since pods may see other addresses."""
    try:
        return str(ip_address(host))
    except ValueError:
        return ""


def _target_port(service: dict[str, Any], number: int, pod: dict[str, Any] | None) -> Port:
    """The port of the pod behind the service's port `number`."""
    ports = service["spec"].get("ports", [])
    target = next((each.get("targetPort", number) for each in ports if each["port"] == number), number)
    containers = pod["spec"]["containers"] if pod else []
    named = {
        each.get("name", ""): each["containerPort"]
        for container in containers
        for each in container.get("ports", [])
    }
    if isinstance(target, str):
        return Port(named.get(target, number), target)
    return Port(target, next((name for name, each in named.items() if each == target), ""))


def _is_ready(pod: dict[str, Any]) -> bool:
    conditions = pod["status"].get("conditions", [])
    return any(each["type"] == "Ready" and each["status"] == "True" for each in conditions)


def _policies(cluster: Cluster, namespace: str) -> list[dict[str, Any]]:
    found = cluster.kubernetes.items(f"/apis/networking.k8s.io/v1/namespaces/{namespace}/networkpolicies")
    # Lists of Kubernetes leave out what is the same for all.
    return [{**each, "metadata": {"namespace": namespace, **each["metadata"]}} for each in found]


def _namespace_labels(cluster: Cluster, namespace: str) -> dict[str, str]:
    found = cluster.kubernetes.read(f"/api/v1/namespaces/{namespace}")
    labels: dict[str, str] = found["metadata"].get("labels", {})
    return labels
