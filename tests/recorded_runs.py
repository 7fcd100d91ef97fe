"""Runs as Kubeflow Pipelines 2.17 returned them, whole or as they were at an earlier time."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from kfp_server_api import ApiClient, V2beta1Run

RECORDED = Path(__file__).parent / "recorded"
_NEVER = "0001-01-01T00:00:00Z"


def recorded_run(name: str, until: str | None = None) -> V2beta1Run:
    """`until` is a time of the day: without what came later, as the answer was then."""
    run = json.loads((RECORDED / f"{name}.json").read_text())
    if until is not None:
        _cut(run, f"{run['created_at'][:10]}T{until}Z")
    return ApiClient().deserialize(SimpleNamespace(data=json.dumps(run)), "V2beta1Run")


def recorded_pods(*names: str) -> list[dict[str, Any]]:
    """Pods as Kubernetes 1.34 returned them, by the names that they have in the file."""
    pods = json.loads((RECORDED / "pods.json").read_text())
    return [pods[name] for name in names]


def at(run: V2beta1Run, time: str) -> datetime:
    """The time of the day of the run's beginning."""
    return datetime.fromisoformat(f"{run.created_at.date()}T{time}").replace(tzinfo=UTC)


def _cut(run: dict[str, Any], end: str) -> None:
    run["state"] = _cut_history(run, end)
    run["finished_at"] = _NEVER if run["finished_at"] > end else run["finished_at"]
    details = run["run_details"]
    details["task_details"] = [task for task in details["task_details"] if task["start_time"] <= end]
    for task in details["task_details"]:
        if task["end_time"] > end:
            task["end_time"], task["state"] = _NEVER, _cut_history(task, end)


def _cut_history(thing: dict[str, Any], end: str) -> str | None:
    history = thing.get("state_history", [])
    thing["state_history"] = [each for each in history if each["update_time"] <= end] or history[:1]
    last: str | None = thing["state_history"][-1].get("state") if history else None
    return last
