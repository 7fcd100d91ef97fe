"""The final state of a run, translated from the states of Kubeflow, Vertex and kfp's local runner."""

from __future__ import annotations

from enum import StrEnum


class RunState(StrEnum):
    """How a run ended, as its platform reports it."""

    SUCCEEDED = "succeeded"
    FAILED = "failed"
    CANCELLED = "cancelled"
    UNKNOWN = "unknown"
    """The platform reports no final state; the records of the stages decide."""


_STATES = {
    # Kubeflow 2.17 reports the exit handler's execution state in ML Metadata. It stays RUNNING if a task's
    # pods were deleted or never started.
    "COMPLETE": RunState.SUCCEEDED,
    "CACHED": RunState.SUCCEEDED,
    # Vertex and kfp's local runner.
    "SUCCEEDED": RunState.SUCCEEDED,
    "FAILED": RunState.FAILED,
    "CANCELED": RunState.CANCELLED,
    "CANCELLED": RunState.CANCELLED,
    "CANCELING": RunState.CANCELLED,
    "CANCELLING": RunState.CANCELLED,
}


def run_state(state: str) -> RunState:
    """Translate a `PipelineTaskFinalStatus.state`; other states are UNKNOWN."""
    return _STATES.get(state.upper(), RunState.UNKNOWN)
