"""Where each stage of a run stands: from what the stages wrote, its pods, Kubeflow's task details."""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from datetime import datetime
from typing import Any

from components.shared.errors import Failure, StageLostError
from components.shared.progress import duration
from components.shared.stages import STAGE_NAMES
from pipelines.client.runs import Run
from pipelines.client.status.pods import Pod, Pods
from pipelines.client.status.records import Records
from pipelines.client.status.tasks import TaskStatus, read_iterations, read_task, task_names

_AT_WORK = ("starting", "running", "retrying")
_PASS_TASKS = ("find-captures", "sum-up")
"""Of a pass over an inbox; the others are those of its captures."""
_PASS_STAGE = "inbox"
"""How the pods of these tasks are labelled."""


@dataclass(frozen=True, slots=True)
class StageStatus:
    stage: str
    state: str
    """waiting, starting, waiting for a node, cannot start, running, retrying, done, reused, failed, stopping,
    stopped, or not run."""
    seconds: float | None = None
    """How long all its tries took, or have taken so far."""
    retries: int | None = None
    """Tries before the last one; None: unknown."""
    failure: dict[str, Any] | None = None
    """Of the last try that failed, as `report.json` has it."""
    waits_for: str = ""
    """What keeps its pod from starting, and for how long, in Kubernetes' words."""

    def to_json(self) -> dict[str, Any]:
        return asdict(self)


def stage_states(run: Run, records: Records, pods: Pods, now: datetime) -> list[StageStatus]:
    """In the order in which they run; of another pipeline, its tasks by their start."""
    until = run.finished_at or now
    if run.output is None or run.inbox:
        return _task_states(run, pods, until)
    states = [
        stage_state(stage, read_task(stage, run.tasks, until), records, pods, run, now)
        for stage in STAGE_NAMES
    ]
    return _with_first_task(states, run, pods, now)


def failure_of(
    run: Run, stages: list[StageStatus], records: Records, namespace: str
) -> dict[str, Any] | None:
    """Why the run failed, in the form of `report.json`; None as long as it has not.

    `namespace` is that of its pods.
    """
    if run.state != "FAILED":
        return None
    reported: dict[str, Any] | None = records.report["failure"] if records.report else None
    told = next((stage.failure for stage in reversed(stages) if stage.failure), None)
    if reported and (told is None or not _is_silent(reported)):
        return reported
    return told or _silent_failure(run, stages, namespace)


def stage_state(
    stage: str,
    task: TaskStatus,
    records: Records,
    pods: Pods,
    run: Run,
    now: datetime,
    *,
    capture: int = 0,
) -> StageStatus:
    """The stage's own word goes before its pods' state, and that before Kubeflow's, which may be late."""
    if records.is_reused(stage):
        return StageStatus(stage, "reused")
    tries = max(records.tries_of(stage), task.tries)
    failure = _last_failure(stage, task, records, pods.last_failure(stage, capture), run)
    again = task.is_at_work and records.is_outdated(stage, tries)  # a try that was given up had gone on
    ended = None if again else records.seconds_of(stage)
    if records.is_final(stage):
        state = "failed"
    else:
        state = _settle(task.state, run, ended=ended is not None, failed=failure is not None)
    found = StageStatus(
        stage=stage,
        state=state,
        seconds=task.seconds if ended is None or state == "retrying" else ended,
        retries=tries - 1 if tries else None,
        failure=failure,
    )
    return (
        _waiting(found, pods.newest(stage, capture), now) if run.unfinished and state in _AT_WORK else found
    )


def _settle(state: str, run: Run, *, ended: bool, failed: bool) -> str:
    if failed:
        return "retrying" if run.unfinished and state in _AT_WORK else "failed"
    return "done" if ended else _at_end(state, run)


def _at_end(state: str, run: Run) -> str:
    """Kubeflow leaves the tasks of a run that has ended as they were, and calls what was cancelled failed."""
    if run.unfinished:
        return state
    if state in ("waiting", "starting"):
        return "not run"
    if state not in (*_AT_WORK, "failed"):
        return state
    return "stopped" if run.state == "CANCELED" else "failed"


def _waiting(stage: StageStatus, pod: Pod | None, now: datetime) -> StageStatus:
    """With what its newest pod waits for."""
    if pod is None or pod.trouble is None:
        return stage
    waited = (now - datetime.fromisoformat(pod.trouble.since)).total_seconds()
    words = f"{pod.trouble.words} (for {duration(max(0.0, waited))})" if pod.trouble.words else ""
    state = pod.trouble.state
    return replace(stage, state=stage.state if not words and stage.failure else state, waits_for=words)


def _last_failure(
    stage: str, task: TaskStatus, records: Records, killed: Failure | None, run: Run
) -> dict[str, Any] | None:
    """Of the last try that ended: a later one may have been killed before it could leave a word."""
    told = records.failure_of(stage)
    ended = records.tries_of(stage) - (1 if run.unfinished and task.is_at_work else 0)
    outdated = records.is_outdated(stage, ended)
    if told and not outdated and not (killed and _is_silent(told)):
        return told
    if killed:
        return killed.to_json()
    if task.error:
        return _lost(stage, task.error).to_json()
    return _lost(stage, f"{stage} ended without a word in try {ended}").to_json() if outdated else told


def _is_silent(failure: dict[str, Any]) -> bool:
    """The report says no more than that a pod was lost; Kubernetes may know what ended it."""
    return bool(failure["type"] == StageLostError.__name__)


def _with_first_task(states: list[StageStatus], run: Run, pods: Pods, now: datetime) -> list[StageStatus]:
    """While only what comes before the stages is at work, such as list-capture, the first one is starting."""
    begun = any(stage.state != "waiting" for stage in states)
    if begun or not run.unfinished or not run.tasks:
        return states
    pod = next((pod for pod in reversed(pods.pods) if not pod.ended), None)
    return [_waiting(replace(states[0], state="starting"), pod, now), *states[1:]]


def _silent_failure(run: Run, stages: list[StageStatus], namespace: str) -> dict[str, Any]:
    """No stage left a word: its pod never ran it, or was killed."""
    stage = next((each.stage for each in stages if each.state == "failed"), "")
    said = f": {run.message}" if run.message else ""
    lost = StageLostError(
        f"{stage or 'the run'} ended without a word{said}",
        remedy=f"Look at its pods: kubectl get pods -n {namespace} "
        f"-l pipeline/runid={run.id}; then kubectl describe pod and kubectl logs.",
    )
    return lost.to_failure(stage).to_json()


def _lost(stage: str, words: str) -> Failure:
    remedy = "See the task's logs in Kubeflow's interface, or with kubectl logs."
    return StageLostError(words, remedy=remedy).to_failure(stage)


def _task_states(run: Run, pods: Pods, until: datetime) -> list[StageStatus]:
    """Of another pipeline its tasks; of a pass over an inbox its own, and its captures by their number."""
    names = [name for name in task_names(run.tasks) if not run.inbox or name in _PASS_TASKS]
    states = [_from_task(name, read_task(name, run.tasks, until), run) for name in names]
    if not run.inbox:
        return states
    first = states[0] if states else StageStatus(_PASS_TASKS[0], _at_end("starting", run))
    if first.state in _AT_WORK:
        first = _waiting(first, pods.newest(_PASS_STAGE), until)
    turns = read_iterations(run.tasks, until).items()
    captures = [_from_task(f"capture {number + 1}", task, run) for number, task in turns]
    return [first, *captures, *states[1:]]


def _from_task(name: str, task: TaskStatus, run: Run) -> StageStatus:
    failure = _lost(name, task.error).to_json() if task.error else None
    retries = task.tries - 1 if task.tries else None
    return StageStatus(name, _at_end(task.state, run), task.seconds, retries, failure)
