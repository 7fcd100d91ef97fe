"""Check of the namespace's quotas: room for the largest task."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

from kubernetes.utils.quantity import parse_quantity

from pipelines.client.doctor.cluster import Cluster
from pipelines.client.doctor.finding import Finding, fail, ok, warn
from pipelines.client.doctor.nodes import largest


def check_quotas(cluster: Cluster) -> Iterator[Finding]:
    quotas = cluster.kubernetes.items(f"/api/v1/namespaces/{cluster.namespace}/resourcequotas")
    needs = _needs(cluster)
    for quota in quotas:
        yield _check_quota(quota, needs)
    if not quotas:
        yield ok("quota", f"the namespace {cluster.namespace} has none")


def _needs(cluster: Cluster) -> dict[str, Decimal]:
    """What the largest task requests, by the names that quotas use. Requests equal limits."""
    need = largest(cluster.settings.tasks.values()).amounts(cluster.shared.gpu_resource)
    named = {f"{kind}.{name}": amount for kind in ("requests", "limits") for name, amount in need.items()}
    return {**need, **named, "pods": Decimal(1), "count/pods": Decimal(1)}


def _check_quota(quota: dict[str, Any], needs: dict[str, Decimal]) -> Finding:
    name = quota["metadata"]["name"]
    hard, used = quota["status"].get("hard", {}), quota["status"].get("used", {})
    facts = {each: f"{used.get(each, '0')} of {hard[each]} {each}" for each in hard if each in needs}
    for each, fact in facts.items():
        limit, free = (
            parse_quantity(hard[each]),
            parse_quantity(hard[each]) - parse_quantity(used.get(each, "0")),
        )
        text = f"{name}: {fact} used; the largest task needs {needs[each]:f}"
        if needs[each] > limit:
            return fail(
                "quota", text, f"Raise {each} of the ResourceQuota {name}, or lower the task settings."
            )
        if needs[each] > free:
            return warn("quota", text, "A run waits until other pods have ended.")
    used_of = f"{', '.join(facts.values())} used" if facts else "it limits nothing that the tasks request"
    return ok("quota", f"{name}: {used_of}")
