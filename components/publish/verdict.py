"""Whether a run succeeded, and if not, why: from its stages' records, their tries and the platform's word."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from components.publish.run_state import RunState
from components.shared.errors import RunCancelledError, StageLostError
from components.shared.tries import Tries

Record = dict[str, Any]

_AGAIN = "Run the same command again: training goes on from its last checkpoint."


def find_failure(
    records: Mapping[str, Record], tries: Mapping[str, Tries], state: RunState, stages: Sequence[str]
) -> dict[str, Any] | None:
    """The report's `failure`; None only with evidence of success.

    That is the record of the last of `stages`: it is never cached and had everything before it at hand.
    The platform's word alone is none, since a task that never ran leaves it unchanged; but if it says that
    the run failed or was cancelled, it did.
    """
    told = next((records[stage]["failure"] for stage in stages if _failed(records.get(stage))), None)
    if told and not told["retryable"]:
        return dict(told)
    if state is RunState.CANCELLED:
        return _cancelled(records, tries, stages)
    if told:
        return dict(told) if told["stage"] not in _silent(records, tries) else _lost_later(told)
    if stages[-1] in records and state is not RunState.FAILED:
        return None
    return _lost(records, tries, state, stages)


def _failed(record: Record | None) -> bool:
    return bool(record and record["failure"])


def _silent(records: Mapping[str, Record], tries: Mapping[str, Tries]) -> list[str]:
    """Stages whose last try left no record: it was killed."""
    return [
        stage
        for stage, own in tries.items()
        if stage not in records or own.count > records[stage]["retries"] + 1
    ]


def _last_begun(records: Mapping[str, Record], tries: Mapping[str, Tries], stages: Sequence[str]) -> int:
    """Index of the stage that the run came to; -1 if it came to none."""
    begun = [index for index, stage in enumerate(stages) if stage in records or stage in tries]
    return max(begun, default=-1)


def _cancelled(
    records: Mapping[str, Record], tries: Mapping[str, Tries], stages: Sequence[str]
) -> dict[str, Any]:
    stage = stages[max(0, _last_begun(records, tries, stages))]
    error = RunCancelledError(f"the run was cancelled during or after {stage}", remedy=_AGAIN)
    return error.to_failure(stage).to_json()


def _lost_later(told: dict[str, Any]) -> dict[str, Any]:
    error = StageLostError(
        f"the last try of {told['stage']} {_WITHOUT_A_WORD}; one before it failed: {told['message']}",
        remedy=f"{told['remedy']} {_MORE_MEMORY}",
    )
    return error.to_failure(told["stage"]).to_json()


def _lost(
    records: Mapping[str, Record], tries: Mapping[str, Tries], state: RunState, stages: Sequence[str]
) -> dict[str, Any]:
    if stages[-1] in records:
        error = StageLostError(
            f"the platform calls the run {state.value}, though all of its stages ended well: "
            "the last pod was lost after its work",
            remedy="The results are there. Run the same command again for a run that is whole.",
        )
        return error.to_failure(stages[-1]).to_json()
    silent = [stage for stage in stages if stage in _silent(records, tries)]
    if silent:
        return _ended_silently(silent[-1])
    last = _last_begun(records, tries, stages)
    stage = stages[min(last + 1, len(stages) - 1)]
    if not tries:
        return _ended_silently(stage)
    if last < 0:
        return _began_nothing()
    error = StageLostError(
        f"{stage} did not begin: no node took its pod, its image could not be pulled, or it was lost with "
        "its machine",
        remedy=f"See why with kubesplat status, or in the events of the run's pods. {_AGAIN}",
    )
    return error.to_failure(stage).to_json()


def _ended_silently(stage: str) -> dict[str, Any]:
    error = StageLostError(f"{stage} {_WITHOUT_A_WORD}", remedy=f"{_AGAIN} {_MORE_MEMORY}")
    return error.to_failure(stage).to_json()


def _began_nothing() -> dict[str, Any]:
    """Which stage is missing is open: those that come from Kubeflow's cache leave no word either."""
    error = StageLostError(
        "no stage began in this run: the first one that was not taken from an earlier run found no node, its "
        "image could not be pulled, or it was killed while it started",
        remedy=f"See which one, and why, with kubesplat status, or in the events of the run's pods. {_AGAIN}",
    )
    return error.to_failure("").to_json()


_WITHOUT_A_WORD = "ended without a word: it was stopped, killed for memory, or lost with its machine"
_MORE_MEMORY = "If it ends like this again, give it more memory or lower --max-gaussians."
