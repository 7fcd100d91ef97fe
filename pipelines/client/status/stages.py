"""State of each stage of a run, from the stages' records, the pods, and Kubeflow's task details."""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from datetime import datetime
from typing import Any

from components.shared.errors import Failure, RunCancelledError, StageLostError
from components.shared.progress import duration
from components.shared.stages import REQUIRED_STAGES, STAGE_NAMES
from pipelines.client.runs import Run
from pipelines.client.states import StageState
from pipelines.client.status.pods import Pod, Pods
from pipelines.client.status.run_records import RunRecords
from pipelines.client.status.tasks import TaskStatus, read_iterations, read_task, task_names

_ACTIVE: tuple[StageState, ...] = ("starting", "running", "retrying")
_PASS_TASKS = ("find-captures", "sum-up")
"""Tasks of a pass over an inbox itself; its other tasks belong to captures."""
_PASS_STAGE = "inbox"
"""Label of the pods of these tasks."""


@dataclass(frozen=True, slots=True)
class StageStatus:
    stage: str
    state: StageState
    seconds: float | None = None
    """Duration of all tries, up to now."""
    retries: int | None = None
    """Tries before the last one; None: unknown."""
    failure: Failure | None = None
    """Failure of the last try that failed."""
    waits_for: str = ""
    """Why its pod is pending, and for how long."""

    def to_json(self) -> dict[str, Any]:
        return asdict(self)


def stage_statuses(run: Run, records: RunRecords, pods: Pods, now: datetime) -> list[StageStatus]:
    """Stages in the order in which they run; for another pipeline, its tasks by their start."""
    until = run.finished_at or now
    if run.output is None or run.inbox:
        return _task_states(run, pods, until)
    states = [
        stage_status(stage, read_task(stage, run.tasks, until), records, pods, run, now)
        for stage in STAGE_NAMES
        if stage in REQUIRED_STAGES or records.tries_of(stage)
    ]
    return _with_first_task(states, run, pods, now)


def failure_of(run: Run, stages: list[StageStatus], records: RunRecords, namespace: str) -> Failure | None:
    """Why the run failed; None if it did not fail. `namespace` is the namespace of its pods."""
    if run.state != "FAILED":
        return None
    reported = records.report.failure if records.report else None
    found = next((stage.failure for stage in reversed(stages) if stage.failure), None)
    if reported and (found is None or not _is_lost_stage(reported)):
        return reported
    return found or _unexplained_failure(run, stages, namespace)


def stage_status(
    stage: str,
    task: TaskStatus,
    records: RunRecords,
    pods: Pods,
    run: Run,
    now: datetime,
    *,
    capture: int = 0,
) -> StageStatus:
    """The stage's own record takes precedence over its pods, and those over Kubeflow, which may be late."""
    if records.is_reused(stage):
        return StageStatus(stage, "reused")
    tries = max(records.tries_of(stage), task.tries)
    failure = _last_failure(stage, task, records, pods.last_failure(stage, capture), run)
    is_retried = task.is_active and records.is_outdated(stage, tries)  # the record is of an earlier try
    ended = None if is_retried else records.seconds_of(stage)
    state: StageState
    if records.is_final(stage):
        state = "failed"
    elif failure is not None and _comes_from_cancelling(failure, run):
        state, failure = "done" if task.state == "done" else "stopped", None
    elif failure is not None:
        state = "retrying" if run.unfinished and task.state in _ACTIVE else "failed"
    else:
        state = "done" if ended is not None else _final_state(task.state, run)
    found = StageStatus(
        stage=stage,
        state=state,
        seconds=task.seconds if ended is None or state == "retrying" else ended,
        retries=tries - 1 if tries else None,
        failure=failure,
    )
    if run.unfinished and state in _ACTIVE:
        return _with_pod(found, pods.newest(stage, capture), now)
    return found


def _final_state(state: StageState, run: Run) -> StageState:
    """`state`, corrected for an ended run: Kubeflow leaves tasks RUNNING, and cancelled ones FAILED."""
    if run.unfinished:
        return state
    if state in ("waiting", "starting"):
        return "not run"
    if state not in (*_ACTIVE, "failed"):
        return state
    return "stopped" if run.state == "CANCELED" else "failed"


def _with_pod(stage: StageStatus, pod: Pod | None, now: datetime) -> StageStatus:
    """`stage` by its newest pod. Kubeflow records minutes late that a pod runs, if Argo has much to do."""
    if stage.state == "starting" and pod and not pod.is_driver and pod.running_since:
        seconds = (stage.seconds or 0.0) + max(0.0, (now - pod.running_since).total_seconds())
        return replace(stage, state="running", seconds=seconds)
    return _with_pending_pod(stage, pod, now)


def _with_pending_pod(stage: StageStatus, pod: Pod | None, now: datetime) -> StageStatus:
    """`stage`, with the reason why its newest pod is pending, if it is."""
    if pod is None or pod.pending is None:
        return stage
    waited = (now - datetime.fromisoformat(pod.pending.since)).total_seconds()
    text = f"{pod.pending.text} (for {duration(max(0.0, waited))})" if pod.pending.text else ""
    state = stage.state if not text and stage.failure else pod.pending.state
    return replace(stage, state=state, waits_for=text)


def _last_failure(
    stage: str, task: TaskStatus, records: RunRecords, killed: Failure | None, run: Run
) -> Failure | None:
    """Failure of the last try that ended, which may have been killed before it could write a record."""
    recorded = records.failure_of(stage)
    ended = records.tries_of(stage) - (1 if run.unfinished and task.is_active else 0)
    outdated = records.is_outdated(stage, ended)
    if recorded and not outdated and not (killed and _is_lost_stage(recorded)):
        return recorded
    if killed:
        return killed
    if task.error:
        return _lost(stage, task.error)
    return _lost(stage, f"try {ended} of {stage} left no record") if outdated else recorded


def _comes_from_cancelling(failure: Failure, run: Run) -> bool:
    """Whether the failure says no more than that the run was cancelled, which ends its pods."""
    is_cancelled = run.state in ("CANCELING", "CANCELED")
    return is_cancelled and (_is_lost_stage(failure) or failure.type == RunCancelledError.__name__)


def _is_lost_stage(failure: Failure) -> bool:
    """Whether the failure says only that a pod was lost; Kubernetes may know the cause."""
    return failure.type == StageLostError.__name__


def _with_first_task(states: list[StageStatus], run: Run, pods: Pods, now: datetime) -> list[StageStatus]:
    """The first stage counts as starting while only a task before the stages runs, such as list-capture."""
    has_started = any(stage.state != "waiting" for stage in states)
    if has_started or not run.unfinished or not run.tasks:
        return states
    pod = next((pod for pod in reversed(pods.pods) if not pod.ended), None)
    return [_with_pending_pod(replace(states[0], state="starting"), pod, now), *states[1:]]


def _unexplained_failure(run: Run, stages: list[StageStatus], namespace: str) -> Failure:
    """The failure of a run whose stages left no record: a pod never started, or was killed."""
    stage = next((each.stage for each in stages if each.state == "failed"), "")
    detail = f": {run.message}" if run.message else ""
    lost = StageLostError(
        f"{stage or 'the run'} failed without a record of the cause{detail}",
        remedy=f"Look at its pods: kubectl get pods -n {namespace} "
        f"-l pipeline/runid={run.id}; then kubectl describe pod and kubectl logs.",
    )
    return lost.to_failure(stage)


def _lost(stage: str, message: str) -> Failure:
    remedy = "See the task's logs in Kubeflow's UI, or with kubectl logs."
    return StageLostError(message, remedy=remedy).to_failure(stage)


def _task_states(run: Run, pods: Pods, until: datetime) -> list[StageStatus]:
    """The tasks of another pipeline; for a pass over an inbox its own tasks, and its captures by number."""
    names = [name for name in task_names(run.tasks) if not run.inbox or name in _PASS_TASKS]
    states = [_from_task(name, read_task(name, run.tasks, until), run) for name in names]
    if not run.inbox:
        return states
    first = states[0] if states else StageStatus(_PASS_TASKS[0], _final_state("starting", run))
    if first.state in _ACTIVE:
        first = _with_pending_pod(first, pods.newest(_PASS_STAGE), until)
    iterations = read_iterations(run.tasks, until).items()
    captures = [_from_task(f"capture {number + 1}", task, run) for number, task in iterations]
    return [first, *captures, *states[1:]]


def _from_task(name: str, task: TaskStatus, run: Run) -> StageStatus:
    failure = _lost(name, task.error) if task.error else None
    retries = task.tries - 1 if task.tries else None
    return StageStatus(name, _final_state(task.state, run), task.seconds, retries, failure)
