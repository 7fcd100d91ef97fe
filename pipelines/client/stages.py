"""Where each stage of a run stands, from Kubeflow's task details and from what the stages wrote."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Any

from components.publish.build_report import STAGES
from pipelines.client.records import Records
from pipelines.client.runs import Run, moment

_STATES = {
    "PENDING": "waiting",
    "RUNNING": "running",
    "SUCCEEDED": "done",
    "SKIPPED": "reused",
    "FAILED": "failed",
    "CANCELING": "stopping",
    "CANCELED": "stopped",
}
_INNER = ("-driver", "executor", "root", "exit-handler", "for-loop", "iteration", "condition")
"""How Argo calls the parts that no pipeline names."""


@dataclass(frozen=True, slots=True)
class StageStatus:
    stage: str
    state: str
    """waiting, starting, running, retrying, done, reused, failed, stopping, stopped, or not run."""
    seconds: float | None = None
    """How long it took, or has taken so far."""
    retries: int | None = None
    """Tries before the last one; None: unknown."""
    failure: dict[str, Any] | None = None
    """Of the last try that failed, as `report.json` has it."""

    def to_json(self) -> dict[str, Any]:
        return asdict(self)


def stage_states(run: Run, records: Records, now: datetime) -> list[StageStatus]:
    """In the order in which they run; of another pipeline, its tasks by their start."""
    tasks = {str(task.display_name): task for task in run.tasks}
    if run.output is None:
        named = [name for name in _by_start(run.tasks) if not _is_inner(name)]
        return [_from_task(name, tasks[name], run, now) for name in named]
    return [_state(stage, tasks, run, records, now) for stage in STAGES]


def failure_of(run: Run, stages: list[StageStatus], records: Records) -> dict[str, Any] | None:
    """Why the run failed, in the form of `report.json`; None as long as it has not."""
    if run.state != "FAILED":
        return None
    if records.report and records.report["failure"]:
        failure: dict[str, Any] = records.report["failure"]
        return failure
    told = next((stage.failure for stage in stages if stage.failure), None)
    return told or _silent_failure(run, stages)


def _silent_failure(run: Run, stages: list[StageStatus]) -> dict[str, Any]:
    """No stage left a word: its pod never ran it, or was killed."""
    stage = next((each.stage for each in stages if each.state == "failed"), "")
    said = f": {run.message}" if run.message else ""
    return {
        "type": "StageLostError",
        "stage": stage,
        "message": f"{stage or 'the run'} ended without a word{said}",
        "remedy": "Look at its pods: kubectl get pods -n NAMESPACE "
        f"-l pipeline/runid={run.id}; then kubectl describe pod and kubectl logs.",
        "retryable": True,
    }


def _state(stage: str, tasks: dict[str, Any], run: Run, records: Records, now: datetime) -> StageStatus:
    reported = records.report["stages"].get(stage) if records.report else None
    if reported and reported["cached"]:
        return StageStatus(stage, "reused")
    from_task = _from_task(stage, tasks.get(stage), run, now)
    record = records.stages.get(stage)
    failure = record["failure"] if record else _reported_failure(stage, records)
    seconds = (record or reported or {}).get("seconds")
    state = _settle(stage, from_task.state, run, tasks, ended=seconds is not None, failed=failure is not None)
    return StageStatus(
        stage=stage,
        state=state,
        seconds=seconds if seconds is not None and state != "retrying" else from_task.seconds,
        retries=_retries(stage, record or reported, records, from_task),
        failure=failure or from_task.failure,
    )


def _settle(stage: str, state: str, run: Run, tasks: dict[str, Any], *, ended: bool, failed: bool) -> str:
    """The stage's own word goes before Kubeflow's, which may lack tasks or be late."""
    if failed:
        return "retrying" if state == "running" and run.unfinished else "failed"
    if ended:
        return "done"
    if state != "waiting":
        return state
    if run.unfinished:
        return "starting" if f"{stage}-driver" in tasks else "waiting"
    return "not run"


def _from_task(name: str, task: Any, run: Run, now: datetime) -> StageStatus:
    if task is None:
        return StageStatus(name, "waiting")
    state = _STATES.get(task.state or "", "waiting")
    started, ended = moment(task.start_time), moment(task.end_time)
    until = ended or run.finished_at or now
    seconds = max(0.0, (until - started).total_seconds()) if started and state != "reused" else None
    error = task.error.message if task.error else None
    jobs = task.executor_detail.failed_main_jobs if task.executor_detail else None
    return StageStatus(name, state, seconds, len(jobs) if jobs else None, _kubeflows_words(name, error))


def _kubeflows_words(stage: str, message: str | None) -> dict[str, Any] | None:
    if not message:
        return None
    remedy = "See the task's logs in Kubeflow's UI, or with kubectl logs."
    return {
        "type": "StageLostError",
        "stage": stage,
        "message": message,
        "remedy": remedy,
        "retryable": True,
    }


def _retries(stage: str, told: dict[str, Any] | None, records: Records, task: StageStatus) -> int | None:
    counts = [records.tries[stage] - 1 if stage in records.tries else None, task.retries]
    counts.append(told["retries"] if told else None)
    known = [count for count in counts if count is not None]
    return max(known) if known else None


def _reported_failure(stage: str, records: Records) -> dict[str, Any] | None:
    failure: dict[str, Any] | None = records.report["failure"] if records.report else None
    return failure if failure and failure["stage"] == stage else None


def _by_start(tasks: Iterable[Any]) -> list[str]:
    far = datetime.max.replace(tzinfo=UTC)
    return [str(task.display_name) for task in sorted(tasks, key=lambda task: moment(task.start_time) or far)]


def _is_inner(name: str) -> bool:
    return name.endswith(_INNER[0]) or name.startswith(_INNER[1:])
