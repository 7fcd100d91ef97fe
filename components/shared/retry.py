"""Whether a stage's try begins at all: not where it cannot help, nor for ever.

Argo asks what a stage left in its termination log before it starts another pod. Servers without our retry
expression repeat everything; there a try that finds its own run's final failure repeats the words and ends,
before anything is fetched or computed. Without a run's name, as on one machine, nobody repeats a stage:
nothing is read or written.
"""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass, field
from typing import Any

from components.shared.environment import MOST_TRIES_VARIABLE, RUN_VARIABLE
from components.shared.errors import TriesExhaustedError, exit_code_of
from components.shared.storage import Storage, get_json, open_storage
from components.shared.termination_log import write_termination_log
from components.shared.tries import Tries, count_try, read_tries


@dataclass(frozen=True, slots=True)
class Begun:
    """A try that has begun and is counted; `before` are those of the same run before it."""

    before: Tries = field(default_factory=Tries)
    one_too_many: TriesExhaustedError | None = None

    def check(self) -> None:
        """Raise a TriesExhaustedError if the run had had all its tries."""
        if self.one_too_many:
            raise self.one_too_many


def begin_try(record_name: str, stage: str, output: str) -> Begun:
    """Count a try of `stage`; `record_name` is where earlier ones left how they ended.

    Raises:
        SystemExit: one of them failed for good.
    """
    if not os.environ.get(RUN_VARIABLE):
        return Begun()
    storage = open_storage(output)
    record = _own_record(storage, record_name)
    if record and record["failure"] and (record["final"] or not record["failure"]["retryable"]):
        _repeat(record["failure"])
    tries = read_tries(storage)
    before = tries.get(stage, Tries())
    count_try(storage, stage, before.count + 1)
    return Begun(before, _one_too_many(tries, stage, record))


def _own_record(storage: Storage, name: str) -> dict[str, Any] | None:
    if not storage.exists(name):
        return None
    content: dict[str, Any] = get_json(storage, name)
    return content if content.get("run") == os.environ[RUN_VARIABLE] else None


def _one_too_many(
    tries: dict[str, Tries], stage: str, record: dict[str, Any] | None
) -> TriesExhaustedError | None:
    most = os.environ.get(MOST_TRIES_VARIABLE)
    total = sum(each.count for each in tries.values())
    if not most or total < int(most):
        return None
    counts = ", ".join(f"{name} {each.count}" for name, each in tries.items())
    failure = record["failure"] if record else None
    last = f". The last failure of {stage}: {failure['message']}" if failure else ""
    return TriesExhaustedError(
        f"the stages of this run were begun {total} times ({counts}); at most {most} are allowed{last}",
        remedy="See in the events of the run's pods why they end, then run again: it goes on behind the "
        "stages that are done. most_tries in the task settings allows more.",
    )


def _repeat(failure: dict[str, Any]) -> None:
    print(
        f"{failure['stage']} failed: {failure['message']}\n{failure['remedy']}\n"
        "An earlier try of this run found that; another one cannot help.",
        file=sys.stderr,
    )
    write_termination_log(failure["type"], failure["message"], final=True)
    raise SystemExit(exit_code_of(failure["type"]))
