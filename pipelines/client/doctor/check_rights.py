"""Check of what the service account of runs may do: without these rights no task of any run succeeds."""

from __future__ import annotations

from collections.abc import Iterator

from pipelines.client.doctor.cluster import Cluster
from pipelines.client.doctor.finding import Finding, fail, ok

_NEEDED = (
    ("create", "workflowtaskresults", "argoproj.io"),
    ("patch", "workflowtaskresults", "argoproj.io"),
    ("get", "configmaps", ""),
)
"""Argo's executor stores what a task put out, and Kubeflow's launcher reads where artifacts go."""


def check_rights(cluster: Cluster) -> Iterator[Finding]:
    account, namespace = cluster.account, cluster.namespace
    missing = [
        f"{verb} {resource}"
        for verb, resource, group in _NEEDED
        if not cluster.kubernetes.may(verb, resource, namespace, group=group, account=account)
    ]
    if missing:
        text = f"the service account {account} in {namespace} may not {', '.join(missing)}: no run succeeds"
        remedy = f"Bind the role that Kubeflow installs: `kubectl -n {namespace} get rolebindings -o wide`"
        yield fail("rights of runs", text, remedy)
    else:
        yield ok("rights of runs", f"the service account {account} may do what runs need")
