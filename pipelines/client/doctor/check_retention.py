"""Check of how long Kubeflow keeps its record of runs: for ever in 2.17, as configured from 2.18 on."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import yaml

from components.shared.progress import duration
from pipelines.client.doctor.check_servers import WORKFLOW_DEFAULTS, find_container
from pipelines.client.doctor.cluster import Cluster, version_of
from pipelines.client.doctor.finding import Finding, ok, warn

_ARCHIVE, _DELETE = "RUNS_RETENTION_TIME", "ARCHIVED_RUNS_RETENTION_TIME"
_WITHOUT = ("2.15.", "2.16.", "2.17.")
"""Versions of the API server that ignore both."""
_UNITS = {"h": 3600.0, "m": 60.0, "s": 1.0}


def check_retention(cluster: Cluster) -> Iterator[Finding]:
    """Workflows and their pods must be gone before Kubeflow forgets their run; else it reports them again."""
    is_able = not version_of(find_container(cluster, "ml-pipeline").get("image", "")).startswith(_WITHOUT)
    times = {name: _time(cluster, name) if is_able else 0.0 for name in (_ARCHIVE, _DELETE)}
    if not any(times.values()):
        yield ok("run retention", "off: Kubeflow keeps its record of every run")
        return
    facts = [
        f"{verb} {duration(seconds)} {after}"
        for verb, seconds, after in (
            ("archived", times[_ARCHIVE], "after their end"),
            ("deleted", times[_DELETE], "after that"),
        )
        if seconds
    ]
    text = f"runs are {', and '.join(facts)}"
    kept = _workflow_seconds(cluster)
    if times[_DELETE] and times[_DELETE] < kept:
        text += f"; their workflows are kept {duration(kept)}"
        yield warn("run retention", text, f"Make {_DELETE} longer than secondsAfterCompletion of workflows.")
    else:
        yield ok("run retention", text)


def _time(cluster: Cluster, name: str) -> float:
    """A duration such as `720h` in the environment of the API server, in seconds; 0 if there is none."""
    for each in find_container(cluster, "ml-pipeline").get("env", []):
        if each["name"] == name:
            parts = re.findall(r"([\d.]+)([hms])", _value(cluster, each))
            return sum(float(number) * _UNITS[unit] for number, unit in parts)
    return 0.0


def _value(cluster: Cluster, variable: dict[str, Any]) -> str:
    reference = variable.get("valueFrom", {}).get("configMapKeyRef")
    if reference is None:
        return str(variable.get("value", ""))
    return (cluster.config_map(reference["name"], cluster.servers) or {}).get(reference["key"], "")


def _workflow_seconds(cluster: Cluster) -> float:
    data = cluster.config_map(WORKFLOW_DEFAULTS, cluster.servers) or {}
    defaults = yaml.safe_load(data.get("workflowDefaults", "")) or {}
    return float(defaults.get("spec", {}).get("ttlStrategy", {}).get("secondsAfterCompletion", 0))
