"""States of runs, tasks, stages and captures."""

from __future__ import annotations

from typing import Literal

RunState = Literal[
    "RUNTIME_STATE_UNSPECIFIED",
    "PENDING",
    "RUNNING",
    "SUCCEEDED",
    "SKIPPED",
    "FAILED",
    "CANCELING",
    "CANCELED",
    "PAUSED",
]
"""`V2beta1RuntimeState` of Kubeflow's API."""

TaskState = Literal[
    "waiting", "starting", "running", "retrying", "done", "reused", "failed", "stopping", "stopped"
]
"""Of one task, as far as Kubeflow's task details tell."""

PendingState = Literal["waiting for a node", "cannot start", "starting"]
"""Of a pod that has not started."""

StageState = TaskState | PendingState | Literal["not run"]
"""Of a stage, from its records, its pods and its task. `not run`: the run ended before the stage started."""

CaptureState = StageState | Literal["skipped"]
"""Of a capture in a pass over an inbox: its stage's state, or `skipped` by the plan."""
