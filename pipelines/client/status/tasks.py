"""State, tries and duration of a task, from Kubeflow's task details.

Argo nests tasks, and the task details list every level. The outer level has the task's name, with a number
for each try of the whole task (`train`, `train(0)`). The pods of all tasks are called `executor(0)`,
`executor(1)`, …, without the task's name. Tasks of `photos_to_sog` run one after another, so the pods of a
task are those that started while it ran.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from pipelines.client.runs import moment
from pipelines.client.states import TaskState

_STATES: dict[str, TaskState] = {
    "PENDING": "waiting",
    "RUNNING": "running",
    "SUCCEEDED": "done",
    "SKIPPED": "reused",
    "FAILED": "failed",
    "CANCELING": "stopping",
    "CANCELED": "stopped",
}
_POD = re.compile(r"executor\(\d+\)")
_ITERATION = re.compile(r"iteration-iterations\((\d+):\d+\)")
_DRIVER = "-driver"
_LATE = timedelta(seconds=20)
"""Kubeflow records that a pod runs up to ten seconds late; a longer delay was spent waiting for a node."""
_NEVER = datetime.max.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class TaskStatus:
    state: TaskState = "waiting"
    seconds: float | None = None
    """Duration of all tries, without the time they waited for a node."""
    tries: int = 0
    """Number of the task's pods."""
    error: str = ""

    @property
    def is_active(self) -> bool:
        """Whether a try is under way; between two tries none is."""
        return self.state in ("starting", "running")


def read_task(name: str, tasks: Sequence[Any], until: datetime) -> TaskStatus:
    """The task `name` among all `V2beta1PipelineTaskDetail`s of a run; unfinished tasks last `until`."""
    own = sorted((task for task in tasks if task.display_name == name), key=_start)
    if not own:
        is_starting = any(task.display_name == f"{name}{_DRIVER}" for task in tasks)
        return TaskStatus("starting" if is_starting else "waiting")
    last = own[-1]
    pods = sorted((task for task in tasks if _is_pod_of(task, own, until)), key=_start)
    state = _STATES.get(last.state or "", "waiting")
    if state == "running":
        state = _running_state(pods)
    if state == "done" and not pods and _was_skipped(tasks, own, until):
        state = "reused"
    message = last.error.message if last.error else ""
    return TaskStatus(state, _total_seconds(state, last, pods, until), len(pods), message or "")


def _running_state(pods: Sequence[Any]) -> TaskState:
    """State of a task that Kubeflow calls RUNNING: its last pod may be pending, or may have failed."""
    if not pods or pods[-1].state == "PENDING":
        return "starting"
    return "retrying" if pods[-1].state == "FAILED" else "running"


def read_iterations(tasks: Sequence[Any], until: datetime) -> dict[int, TaskStatus]:
    """Iterations of a loop by number, from 0. They may run in parallel: their pods cannot be told apart."""
    iterations = {}
    for task in sorted(tasks, key=_start):
        match = _ITERATION.fullmatch(task.display_name or "")
        if match:
            state = _STATES.get(task.state or "", "waiting")
            iterations[int(match[1])] = TaskStatus(state, _seconds(task, until))
    return iterations


def task_names(tasks: Sequence[Any]) -> list[str]:
    """Names of the pipeline's tasks by their start. Only they have a driver pod, other levels do not."""
    names = [str(task.display_name) for task in sorted(tasks, key=_start)]
    drivers = [name.removesuffix(_DRIVER) for name in names if name.endswith(_DRIVER)]
    inner = ("root", "exit-handler", "for-loop", "iteration", "condition")
    return [name for name in dict.fromkeys(drivers) if not name.startswith(inner)]


def _is_pod_of(task: Any, own: Sequence[Any], until: datetime) -> bool:
    return bool(_POD.fullmatch(task.display_name or "")) and _is_within(task, own, until)


def _was_skipped(tasks: Sequence[Any], own: Sequence[Any], until: datetime) -> bool:
    """Whether the driver found the result in the cache, so that no pod was created."""
    wrapped = [task for task in tasks if task.display_name == "executor" and _is_within(task, own, until)]
    return any(task.state == "SKIPPED" for task in wrapped)


def _is_within(task: Any, own: Sequence[Any], until: datetime) -> bool:
    start = moment(task.start_time)
    return start is not None and any(
        _start(each) <= start <= (moment(each.end_time) or until) for each in own
    )


def _total_seconds(state: str, last: Any, pods: Sequence[Any], until: datetime) -> float | None:
    if pods:
        ran = [pod for pod in pods if pod.state != "PENDING"]
        return sum(_seconds(pod, until) for pod in ran) if ran else None
    return None if state in ("waiting", "starting", "reused") else _seconds(last, until)


def _start(task: Any) -> datetime:
    return moment(task.start_time) or _NEVER


def _seconds(task: Any, until: datetime) -> float:
    """Running time up to the task's end. A pod never recorded as running counts only if it was short."""
    start, end = moment(task.start_time), moment(task.end_time) or until
    if start is None:
        return 0.0
    ran = [moment(each.update_time) for each in task.state_history or [] if each.state == "RUNNING"]
    if not ran and end - start > _LATE and task.state_history:
        return 0.0
    since = next((time for time in ran if time and time - start > _LATE), start)
    return max(0.0, (end - since).total_seconds())
