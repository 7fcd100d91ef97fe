"""Everything that is known about one run."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from components.shared.progress import duration
from pipelines.client.connection.connect import Kubeflow
from pipelines.client.runs import Run, find_run
from pipelines.client.status.captures import CaptureStatus, Pass, failure_of_pass, read_pass
from pipelines.client.status.pods import Pods, read_pods
from pipelines.client.status.records import read_records
from pipelines.client.status.stages import StageStatus, failure_of, stage_states

_PATIENCE_SECONDS = 600.0


@dataclass(frozen=True, slots=True)
class RunStatus:
    run: Run
    stages: list[StageStatus]
    failure: dict[str, Any] | None
    report: dict[str, Any] | None
    url: str | None
    notes: list[str]
    """What is strange, or could not be found out."""
    captures: tuple[CaptureStatus, ...] = ()
    """Of a pass over an inbox."""

    def to_json(self) -> dict[str, Any]:
        return {
            **summarize(self.run),
            "url": self.url,
            "stages": [stage.to_json() for stage in self.stages],
            "captures": [capture.to_json() for capture in self.captures] if self.run.inbox else None,
            "failure": self.failure,
            "notes": self.notes,
        }


def summarize(run: Run) -> dict[str, Any]:
    """A run in a list, for programs; times as RFC 3339."""
    return {
        "run": run.id,
        "name": run.name,
        "state": run.state,
        "created_at": run.created_at.isoformat() if run.created_at else None,
        "finished_at": run.finished_at.isoformat() if run.finished_at else None,
        "capture": run.parameters.get("capture"),
        "inbox": run.inbox,
        "output": run.output,
    }


def inspect_run(kubeflow: Kubeflow, name: str) -> RunStatus:
    """
    Raises:
        ServiceError: Kubeflow did not answer, or knows no such run.
    """
    run, now = find_run(kubeflow, name), datetime.now(UTC)
    pods = read_pods(run.id, kubeflow.pod_namespace) if run.unfinished or run.state == "FAILED" else Pods()
    records = read_records(run, None if run.inbox else run.output)
    each = read_pass(run, pods, now) if run.inbox else Pass()
    stages = stage_states(run, records, pods, now)
    failed = (each.failure or failure_of_pass(each.captures)) if run.state == "FAILED" else None
    return RunStatus(
        run=run,
        stages=stages,
        failure=failed or failure_of(run, stages, records, kubeflow.pod_namespace),
        report=records.report,
        url=kubeflow.link(f"runs/details/{run.id}"),
        notes=[
            *_unread(records.problem or each.problem),
            *_unseen(run, pods),
            *_stuck(run, pods, stages, now, kubeflow.pod_namespace),
        ],
        captures=each.captures,
    )


def _unread(problem: str) -> list[str]:
    return [f"What the stages wrote could not be read: {problem}"] if problem else []


def _unseen(run: Run, pods: Pods) -> list[str]:
    if not run.unfinished or not pods.problem:
        return []
    return [f"Whether a stage that runs still waits for a node or an image is not known: {pods.problem}."]


def _stuck(run: Run, pods: Pods, stages: list[StageStatus], now: datetime, namespace: str) -> list[str]:
    """No pod has started for long: the image cannot be pulled, or no node fits."""
    if pods.pods or not run.unfinished or run.created_at is None or any(stage.seconds for stage in stages):
        return []
    waited = (now - run.created_at).total_seconds()
    if waited < _PATIENCE_SECONDS:
        return []
    return [
        f"Nothing has started for {duration(waited)}. Perhaps an image cannot be pulled or no node fits: "
        f"kubectl describe pods -n {namespace} -l pipeline/runid={run.id}"
    ]
