"""What the platform says of a run, in the one vocabulary that the report understands."""

from __future__ import annotations

from enum import Enum


class RunState(Enum):
    """How a run ended, as far as its platform knows."""

    SUCCEEDED = "succeeded"
    FAILED = "failed"
    CANCELLED = "cancelled"
    UNKNOWN = "unknown"
    """It did not say, or it has not noticed yet: the stages' records decide."""


_STATES = {
    # Kubeflow 2.17 hands on the exit handler's state in ML Metadata. A task whose pods were deleted or never
    # started stays RUNNING there, and with it the handler.
    "COMPLETE": RunState.SUCCEEDED,
    "CACHED": RunState.SUCCEEDED,
    # Vertex and kfp's local runner
    "SUCCEEDED": RunState.SUCCEEDED,
    "FAILED": RunState.FAILED,
    "CANCELED": RunState.CANCELLED,
    "CANCELLED": RunState.CANCELLED,
    "CANCELING": RunState.CANCELLED,
    "CANCELLING": RunState.CANCELLED,
}


def run_state(word: str) -> RunState:
    """The state for a `PipelineTaskFinalStatus.state`; words that nobody knows are UNKNOWN."""
    return _STATES.get(word.upper(), RunState.UNKNOWN)
