"""The failure of a run, from its stages' records, their tries and the state reported by the platform."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from components.publish.run_state import RunState
from components.shared.contracts.record import StageRecord
from components.shared.errors import Failure, RunCancelledError, StageLostError
from components.shared.tries import Tries

_RUN_AGAIN = "Run the same command again: training resumes from its last checkpoint."
_MORE_MEMORY = "If it ends like this again, give it more memory or lower --max-gaussians."
_ENDED_SILENTLY = (
    "ended without reporting a cause: it was stopped, killed for memory, or lost with its machine"
)


def find_failure(
    records: Mapping[str, StageRecord], tries: Mapping[str, Tries], state: RunState, stages: Sequence[str]
) -> Failure | None:
    """The failure of the run; None only if the last of `stages` has left a record.

    That stage is never cached and needs the results of all others, so its record proves success. The
    platform's state alone does not prove it, because a task that never ran leaves the state unchanged; a
    state of failed or cancelled is taken as it is.
    """
    reported = next((record.failure for record in _in_order(records, stages) if record.failure), None)
    if reported and not reported.retryable:
        return reported
    if state is RunState.CANCELLED:
        return _cancelled(records, tries, stages)
    if reported:
        return _lost_later(reported) if reported.stage in _silent(records, tries) else reported
    if stages[-1] in records and state is not RunState.FAILED:
        return None
    return _lost(records, tries, state, stages)


def _in_order(records: Mapping[str, StageRecord], stages: Sequence[str]) -> list[StageRecord]:
    return [records[stage] for stage in stages if stage in records]


def _silent(records: Mapping[str, StageRecord], tries: Mapping[str, Tries]) -> list[str]:
    """Stages whose last try stored no record: it was killed."""
    return [
        stage
        for stage, own in tries.items()
        if stage not in records or own.count > records[stage].retries + 1
    ]


def _last_started(
    records: Mapping[str, StageRecord], tries: Mapping[str, Tries], stages: Sequence[str]
) -> int | None:
    """Index of the last stage that the run started; None if it started none."""
    started = [index for index, stage in enumerate(stages) if stage in records or stage in tries]
    return max(started, default=None)


def _cancelled(
    records: Mapping[str, StageRecord], tries: Mapping[str, Tries], stages: Sequence[str]
) -> Failure:
    stage = stages[_last_started(records, tries, stages) or 0]
    error = RunCancelledError(f"the run was cancelled during or after {stage}", remedy=_RUN_AGAIN)
    return error.to_failure(stage)


def _lost_later(reported: Failure) -> Failure:
    error = StageLostError(
        f"the last try of {reported.stage} {_ENDED_SILENTLY}; one before it failed: {reported.message}",
        remedy=f"{reported.remedy} {_MORE_MEMORY}",
    )
    return error.to_failure(reported.stage)


def _lost(
    records: Mapping[str, StageRecord], tries: Mapping[str, Tries], state: RunState, stages: Sequence[str]
) -> Failure:
    """The failure of a run in which no stage reported one."""
    if stages[-1] in records:
        error = StageLostError(
            f"the platform reports the run as {state.value}, although all of its stages succeeded: the last "
            "pod was lost after its work",
            remedy="The results are complete. To have the run reported as succeeded, run the same command "
            "again.",
        )
        return error.to_failure(stages[-1])
    silent = [stage for stage in stages if stage in _silent(records, tries)]
    if silent:
        return _ended_silently(silent[-1])
    last = _last_started(records, tries, stages)
    following = stages[0 if last is None else min(last + 1, len(stages) - 1)]
    if not tries:
        return _ended_silently(following)
    return _no_stage_started() if last is None else _did_not_start(following)


def _ended_silently(stage: str) -> Failure:
    error = StageLostError(f"{stage} {_ENDED_SILENTLY}", remedy=f"{_RUN_AGAIN} {_MORE_MEMORY}")
    return error.to_failure(stage)


def _did_not_start(stage: str) -> Failure:
    error = StageLostError(
        f"{stage} did not start: no node took its pod, its image could not be pulled, its driver pod failed, "
        "or it was lost with its machine",
        remedy=f"See the cause with kubesplat status, or in the events of the run's pods. {_RUN_AGAIN}",
    )
    return error.to_failure(stage)


def _no_stage_started() -> Failure:
    """A stage taken from Kubeflow's cache leaves no record either, so the failed stage cannot be named."""
    error = StageLostError(
        "no stage started in this run: no node took the pod of the first one that is not cached, its image "
        "could not be pulled, its driver pod failed, or it was killed while it started",
        remedy=f"See which stage, and the cause, with kubesplat status, or in the events of the run's pods. "
        f"{_RUN_AGAIN}",
    )
    return error.to_failure("")
