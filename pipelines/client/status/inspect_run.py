"""The status of one run: its stages or captures, its failure, its report."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from components.shared.contracts.report import Report
from components.shared.errors import Failure
from components.shared.progress import duration
from pipelines.client.connection.connect import Kubeflow
from pipelines.client.runs import Run, find_run
from pipelines.client.status.inbox_pass import CaptureStatus, InboxPass, failure_of_pass, read_inbox_pass
from pipelines.client.status.pods import Pods, read_pods
from pipelines.client.status.run_records import read_run_records
from pipelines.client.status.stages import StageStatus, failure_of, stage_statuses

_STUCK_AFTER_SECONDS = 600.0
"""Time without any started pod after which the status has a note."""


@dataclass(frozen=True, slots=True)
class InspectedRun:
    run: Run
    stages: list[StageStatus]
    failure: Failure | None
    report: Report | None
    url: str | None
    notes: list[str]
    """What could not be found out, and what looks wrong."""
    captures: tuple[CaptureStatus, ...] = ()
    """Captures of a pass over an inbox."""

    def to_json(self) -> dict[str, Any]:
        return {
            **summarize(self.run),
            "url": self.url,
            "stages": [stage.to_json() for stage in self.stages],
            "captures": [capture.to_json() for capture in self.captures] if self.run.inbox else None,
            "failure": self.failure.to_json() if self.failure else None,
            "notes": self.notes,
        }


def summarize(run: Run) -> dict[str, Any]:
    """A run as JSON, without its stages; times as RFC 3339."""
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


def inspect_run(kubeflow: Kubeflow, name: str) -> InspectedRun:
    """
    Raises:
        ServiceError: Kubeflow did not answer, or there is no such run.
    """
    run, now = find_run(kubeflow, name), datetime.now(UTC)
    pods = read_pods(run.id, kubeflow.pod_namespace) if run.unfinished or run.state == "FAILED" else Pods()
    records = read_run_records(run, None if run.inbox else run.output)
    inbox_pass = read_inbox_pass(run, pods, now) if run.inbox else InboxPass()
    stages = stage_statuses(run, records, pods, now)
    failure = failure_of(run, stages, records, kubeflow.pod_namespace)
    if run.state == "FAILED":
        failure = inbox_pass.failure or failure_of_pass(inbox_pass.captures) or failure
    return InspectedRun(
        run=run,
        stages=stages,
        failure=failure,
        report=records.report,
        url=kubeflow.link(f"runs/details/{run.id}"),
        notes=[
            *_note_on_records(records.problem or inbox_pass.problem),
            *_note_on_pods(run, pods),
            *_note_if_stuck(run, pods, stages, now, kubeflow.pod_namespace),
        ],
        captures=inbox_pass.captures,
    )


def _note_on_records(problem: str) -> list[str]:
    return [f"The records of the stages could not be read: {problem}"] if problem else []


def _note_on_pods(run: Run, pods: Pods) -> list[str]:
    if not run.unfinished or not pods.problem:
        return []
    return [f"It is not known whether a running stage still waits for a node or an image: {pods.problem}."]


def _note_if_stuck(
    run: Run, pods: Pods, stages: list[StageStatus], now: datetime, namespace: str
) -> list[str]:
    """A note if no pod has started for long: the image cannot be pulled, or no node is suitable."""
    if pods.pods or not run.unfinished or run.created_at is None or any(stage.seconds for stage in stages):
        return []
    waited = (now - run.created_at).total_seconds()
    if waited < _STUCK_AFTER_SECONDS:
        return []
    return [
        f"Nothing has started for {duration(waited)}. Perhaps an image cannot be pulled or no node is "
        "suitable: "
        f"kubectl describe pods -n {namespace} -l pipeline/runid={run.id}"
    ]
