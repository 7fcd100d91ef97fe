"""What Kubeflow's task details say of one task: its state, its tries, the time they took.

Argo wraps each task, and so do the details: the task's own ones have its name, with a number for each
try of the whole (`train`, `train(0)`); the pods of its container are all called `executor(0)`,
`executor(1)`, …, whichever task they belong to. Tasks of `photos_to_sog` run one after another, so that a
task's pods are those that were begun during it.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from pipelines.client.runs import moment

_STATES = {
    "PENDING": "waiting",
    "RUNNING": "running",
    "SUCCEEDED": "done",
    "SKIPPED": "reused",
    "FAILED": "failed",
    "CANCELING": "stopping",
    "CANCELED": "stopped",
}
_POD = re.compile(r"executor\(\d+\)")
_TURN = re.compile(r"iteration-iterations\((\d+):\d+\)")
_DRIVER = "-driver"
_LATE = timedelta(seconds=20)
"""Kubeflow notes that a pod runs up to ten seconds after it does; a longer time was spent waiting."""
_NEVER = datetime.max.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class TaskStatus:
    state: str = "waiting"
    """waiting, starting, running, retrying, done, reused, failed, stopping or stopped."""
    seconds: float | None = None
    """Time of all tries, without that which they waited for a node."""
    tries: int = 0
    """Pods that were made for it."""
    error: str = ""

    @property
    def is_at_work(self) -> bool:
        """Whether a try of it is under way; between tries, none is."""
        return self.state in ("starting", "running")


def read_task(name: str, tasks: Sequence[Any], until: datetime) -> TaskStatus:
    """`tasks` are all `V2beta1PipelineTaskDetail`s of a run; what has not ended lasts `until`."""
    own = sorted((task for task in tasks if task.display_name == name), key=_begin)
    if not own:
        begun = any(task.display_name == f"{name}{_DRIVER}" for task in tasks)
        return TaskStatus("starting" if begun else "waiting")
    last = own[-1]
    pods = sorted((task for task in tasks if _is_pod_of(task, own, until)), key=_begin)
    state = _STATES.get(last.state or "", "waiting")
    if state == "running":
        state = _state_at_work(pods)
    if state == "done" and not pods and _was_skipped(tasks, own, until):
        state = "reused"
    message = last.error.message if last.error else ""
    return TaskStatus(state, _total_seconds(state, last, pods, until), len(pods), message or "")


def _state_at_work(pods: Sequence[Any]) -> str:
    """Of a task that Kubeflow calls running: its pod may wait, or have failed without a successor yet."""
    if not pods or pods[-1].state == "PENDING":
        return "starting"
    return "retrying" if pods[-1].state == "FAILED" else "running"


def read_iterations(tasks: Sequence[Any], until: datetime) -> dict[int, TaskStatus]:
    """Turns of a loop by number, from 0. Turns may run side by side: their pods cannot be told apart."""
    turns = {}
    for task in sorted(tasks, key=_begin):
        match = _TURN.fullmatch(task.display_name or "")
        if match:
            state = _STATES.get(task.state or "", "waiting")
            turns[int(match[1])] = TaskStatus(state, _seconds(task, until))
    return turns


def task_names(tasks: Sequence[Any]) -> list[str]:
    """What a pipeline itself names as a task, which has a driver; by their start."""
    names = [str(task.display_name) for task in sorted(tasks, key=_begin)]
    drivers = [name.removesuffix(_DRIVER) for name in names if name.endswith(_DRIVER)]
    inner = ("root", "exit-handler", "for-loop", "iteration", "condition")
    return [name for name in dict.fromkeys(drivers) if not name.startswith(inner)]


def _is_pod_of(task: Any, own: Sequence[Any], until: datetime) -> bool:
    return bool(_POD.fullmatch(task.display_name or "")) and _is_within(task, own, until)


def _was_skipped(tasks: Sequence[Any], own: Sequence[Any], until: datetime) -> bool:
    """The driver found the result in the cache: no pod was made."""
    wrapped = [task for task in tasks if task.display_name == "executor" and _is_within(task, own, until)]
    return any(task.state == "SKIPPED" for task in wrapped)


def _is_within(task: Any, own: Sequence[Any], until: datetime) -> bool:
    start = moment(task.start_time)
    return start is not None and any(
        _begin(each) <= start <= (moment(each.end_time) or until) for each in own
    )


def _total_seconds(state: str, last: Any, pods: Sequence[Any], until: datetime) -> float | None:
    if pods:
        ran = [pod for pod in pods if pod.state != "PENDING"]
        return sum(_seconds(pod, until) for pod in ran) if ran else None
    return None if state in ("waiting", "starting", "reused") else _seconds(last, until)


def _begin(task: Any) -> datetime:
    return moment(task.start_time) or _NEVER


def _seconds(task: Any, until: datetime) -> float:
    """Up to its end; a pod that was never seen running counts only if it was too quick for that."""
    start, end = moment(task.start_time), moment(task.end_time) or until
    if start is None:
        return 0.0
    ran = [moment(each.update_time) for each in task.state_history or [] if each.state == "RUNNING"]
    if not ran and end - start > _LATE and task.state_history:
        return 0.0
    since = next((time for time in ran if time and time - start > _LATE), start)
    return max(0.0, (end - since).total_seconds())
