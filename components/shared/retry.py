"""Whether a try of a stage may start: not after a final failure, and not beyond the run's limit of tries.

Argo's retry expression reads a pod's termination log before it starts another pod. A server without that
expression repeats every failed pod; there a try reads the record of the one before it and ends at once if
that failure was final. On one machine, where a run has no id, a stage is never repeated: nothing is read or
written.
"""

from __future__ import annotations

import os
from dataclasses import dataclass, field

from components.shared.contracts.record import StageRecord
from components.shared.environment import MOST_TRIES_VARIABLE, RUN_VARIABLE
from components.shared.errors import Failure, TriesExhaustedError
from components.shared.storage import Storage, open_storage
from components.shared.tries import Tries, count_try, read_tries


class FinalFailureError(Exception):
    """An earlier try of the stage in the same run failed, and another one cannot help."""

    def __init__(self, failure: Failure) -> None:
        super().__init__("An earlier try of this run found that; another one cannot help.")
        self.failure = failure


@dataclass(frozen=True, slots=True)
class BegunTry:
    """A try that has started and is counted."""

    earlier: Tries = field(default_factory=Tries)
    """Tries of the stage in the same run before this one."""
    limit_error: TriesExhaustedError | None = None

    def check_limit(self) -> None:
        """Raise a TriesExhaustedError if the run had used all its tries before this one."""
        if self.limit_error:
            raise self.limit_error


def begin_try(record_name: str, stage: str, output: str) -> BegunTry:
    """Count a try of `stage`; `record_name` is the record of the tries before it.

    Raises:
        FinalFailureError: an earlier try of the same run failed, and its failure is final.
    """
    if not os.environ.get(RUN_VARIABLE):
        return BegunTry()
    storage = open_storage(output)
    record = _own_record(storage, record_name)
    failure = record.failure if record else None
    if record and failure and (record.final or not failure.retryable):
        raise FinalFailureError(failure)
    tries = read_tries(storage)
    earlier = tries.get(stage, Tries())
    count_try(storage, stage, earlier.count + 1)
    return BegunTry(earlier, _limit_error(tries, stage, failure))


def _own_record(storage: Storage, name: str) -> StageRecord | None:
    if not storage.exists(name):
        return None
    record = StageRecord.parse(storage.read_bytes(name), name)
    return record if record.run == os.environ[RUN_VARIABLE] else None


def _limit_error(tries: dict[str, Tries], stage: str, failure: Failure | None) -> TriesExhaustedError | None:
    limit = os.environ.get(MOST_TRIES_VARIABLE)
    total = sum(each.count for each in tries.values())
    if not limit or total < int(limit):
        return None
    counts = ", ".join(f"{name} {each.count}" for name, each in tries.items())
    last = f". The last failure of {stage}: {failure.message}" if failure else ""
    return TriesExhaustedError(
        f"the stages of this run were started {total} times ({counts}); at most {limit} are allowed{last}",
        remedy="See in the events of the run's pods why they end, then run again: the run resumes after the "
        "stages that are done. most_tries in the task settings allows more.",
    )
