"""A pass over an inbox, planned: which captures are begun, which are left alone and why."""

from __future__ import annotations

import os
import time
from dataclasses import asdict, dataclass
from typing import Any

from components.publish.conclude import delete_run_state
from components.shared.environment import RUN_VARIABLE
from components.shared.errors import InputError
from components.shared.run_layout import plan_name
from components.shared.storage import contains, get_json, join, normalize, open_storage, put_json
from pipelines.inbox_to_sogs.captures import Capture, list_captures
from pipelines.inbox_to_sogs.decide import Decision, decide
from pipelines.inbox_to_sogs.ledger import Entry, read_entry, read_report, write_entry
from pipelines.inbox_to_sogs.settings import InboxSettings

INBOX_SUFFIX = "-scenes"
"""Results of `s3://bucket/inbox/` go to `s3://bucket/inbox-scenes` by default."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Planned:
    """One capture in a pass."""

    title: str
    capture: str
    output: str
    begin: bool
    reason: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Plan:
    inbox: str
    output: str
    captures: list[Planned]
    loose: list[str]
    """Files in the inbox that are no capture."""

    @property
    def begun(self) -> list[Planned]:
        return [each for each in self.captures if each.begin]


def plan_pass(inbox: str, output: str, settings: InboxSettings) -> Plan:
    """Look at everything in `inbox`, note beside its results what is begun, and store the plan at `output`.

    Raises:
        InputError: the results would lie in the inbox and be taken for captures.
        StorageError: the inbox cannot be listed, or the notes cannot be written.
    """
    _check_apart(inbox, output)
    run, now = os.environ.get(RUN_VARIABLE, ""), time.time()
    found = list_captures(inbox)
    planned = []
    for capture in found.captures:
        place = join(output, capture.title)
        try:
            decision = _begin(capture, place, settings, run, now)
        except InputError as error:  # what lies there is damaged, or its name can be no output
            decision = Decision(False, f"{error.message}. {error.remedy}")
        each = Planned(
            title=capture.title,
            capture=capture.uri,
            output=place,
            begin=decision.begin,
            reason=decision.reason,
        )
        planned.append(each)
    plan = Plan(inbox=inbox, output=output, captures=planned, loose=found.loose)
    put_json(open_storage(output), _own_plan(), asdict(plan))
    return plan


def _begin(capture: Capture, place: str, settings: InboxSettings, run: str, now: float) -> Decision:
    """Decide on a capture, and note beside its results, at `place`, that it is begun if it is."""
    entry = read_entry(place)
    decision = decide(capture, entry, read_report(place), settings, run=run, now=now)
    if decision.begin:
        delete_run_state(place, resume=False)  # a report belongs to the state that the ledger names
    if decision.begin or decision.adopt:
        _note(capture, place, entry, run, now)
    return decision


def take_plan(output: str) -> Plan | None:
    """This run's plan, which is removed; None if the inbox could not even be listed."""
    storage, name = open_storage(output), _own_plan()
    if not storage.exists(name):
        return None
    content: dict[str, Any] = get_json(storage, name)
    storage.delete(name)
    captures = [Planned(**each) for each in content.pop("captures")]
    return Plan(captures=captures, **content)


def _note(capture: Capture, place: str, before: Entry | None, run: str, now: float) -> None:
    passes = 1
    if before and before.fingerprint == capture.fingerprint:
        passes = before.passes + (before.run != run or not run)
    entry = Entry(capture=capture.uri, fingerprint=capture.fingerprint, run=run, begun_at=now, passes=passes)
    write_entry(place, entry)


def _own_plan() -> str:
    """Kubeflow hands no output of an earlier task to an exit task, so the plan is passed as a file."""
    return plan_name(os.environ.get(RUN_VARIABLE, ""))


def _check_apart(inbox: str, output: str) -> None:
    if contains(inbox, output):
        raise InputError(
            f"the results would go to {output}, inside the inbox {inbox}",
            remedy=f"Choose an output beside it, such as {normalize(inbox)}{INBOX_SUFFIX}.",
        )
