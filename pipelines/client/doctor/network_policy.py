"""Whether network policies let a pod connect to another one, as Kubernetes defines it.

A pod that no policy selects for a direction is open. One that is selected may do what at least one rule of
those policies allows. https://kubernetes.io/docs/concepts/services-networking/network-policies/
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from ipaddress import ip_address, ip_network
from typing import Any, Literal

Direction = Literal["ingress", "egress"]

_PEERS = {"ingress": "from", "egress": "to"}
_EVERYWHERE = ("0.0.0.0/0", "::/0")


@dataclass(frozen=True, slots=True)
class Peer:
    """The other end of a connection. Outside the cluster it has neither namespace nor labels."""

    namespace: str = ""
    namespace_labels: Mapping[str, str] | None = None
    pod_labels: Mapping[str, str] | None = None
    address: str = ""
    """Its IP address, if it is outside the cluster and the address is known."""


@dataclass(frozen=True, slots=True)
class Port:
    number: int
    name: str = ""
    """Its name in the target's pod; rules may use it instead of the number."""


def refusing(
    policies: Iterable[dict[str, Any]],
    direction: Direction,
    pod_labels: Mapping[str, str],
    peer: Peer,
    port: Port,
) -> list[str]:
    """Names of the policies that keep a pod from `peer`; none if the connection is allowed.

    `policies` are those of the pod's namespace; `port` is that of the connection's target, over TCP.
    """
    isolating = [each for each in policies if _isolates(each, direction, pod_labels)]
    for policy in isolating:
        if any(_allows(rule, direction, policy, peer, port) for rule in policy["spec"].get(direction) or []):
            return []
    return [policy["metadata"]["name"] for policy in isolating]


def matches(selector: dict[str, Any], labels: Mapping[str, str]) -> bool:
    """Whether a label selector of Kubernetes matches; an empty one matches everything."""
    if any(labels.get(key) != value for key, value in (selector.get("matchLabels") or {}).items()):
        return False
    return all(_holds(each, labels) for each in selector.get("matchExpressions") or [])


def _holds(expression: dict[str, Any], labels: Mapping[str, str]) -> bool:
    key, operator, values = expression["key"], expression["operator"], expression.get("values") or []
    if operator in ("Exists", "DoesNotExist"):
        return (key in labels) == (operator == "Exists")
    return (labels.get(key) in values) == (operator == "In")


def _isolates(policy: dict[str, Any], direction: Direction, pod_labels: Mapping[str, str]) -> bool:
    spec = policy["spec"]
    default = ["Ingress", "Egress"] if "egress" in spec else ["Ingress"]
    types = [each.lower() for each in spec.get("policyTypes") or default]
    return direction in types and matches(spec.get("podSelector") or {}, pod_labels)


def _allows(
    rule: dict[str, Any], direction: Direction, policy: dict[str, Any], peer: Peer, port: Port
) -> bool:
    ports, peers = rule.get("ports") or [], rule.get(_PEERS[direction]) or []
    own = policy["metadata"]["namespace"]
    return (not ports or any(_covers(each, port) for each in ports)) and (
        not peers or any(_names(each, own, peer) for each in peers)
    )


def _covers(allowed: dict[str, Any], port: Port) -> bool:
    if allowed.get("protocol", "TCP") != "TCP":
        return False
    first = allowed.get("port")
    if isinstance(first, int):
        return first <= port.number <= allowed.get("endPort", first)
    return first is None or first == port.name


def _names(allowed: dict[str, Any], own: str, peer: Peer) -> bool:
    """Whether a peer of a rule in the namespace `own` is the other end; pods are not matched by addresses."""
    if "ipBlock" in allowed:
        return peer.pod_labels is None and _contains(allowed["ipBlock"], peer.address)
    if peer.pod_labels is None:
        return False
    namespaces = allowed.get("namespaceSelector")
    if namespaces is None:
        in_namespace = peer.namespace == own
    else:
        in_namespace = matches(namespaces, peer.namespace_labels or {})
    return in_namespace and matches(allowed.get("podSelector") or {}, peer.pod_labels)


def _contains(block: dict[str, Any], address: str) -> bool:
    """Whether the address is in the block; an unknown one is only in a block of all addresses."""
    if not address:
        return block["cidr"] in _EVERYWHERE
    taken_out = block.get("except") or []
    return _in_network(block["cidr"], address) and not any(_in_network(each, address) for each in taken_out)


def _in_network(cidr: str, address: str) -> bool:
    return ip_address(address) in ip_network(cidr, strict=False)
