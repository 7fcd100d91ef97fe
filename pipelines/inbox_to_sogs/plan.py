"""A pass over an inbox, planned: which captures are begun, which are left alone and why."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any

from components.shared.errors import InputError
from components.shared.leases import check_conditions, own_id
from components.shared.parallel import completed
from components.shared.run_layout import plan_name
from components.shared.storage import contains, get_json, normalize, open_storage, put_json
from pipelines.inbox_to_sogs.begin import Pass
from pipelines.inbox_to_sogs.captures import Capture, list_captures
from pipelines.inbox_to_sogs.decide import Decision
from pipelines.inbox_to_sogs.settings import InboxSettings

INBOX_SUFFIX = "-scenes"
"""Results of `s3://bucket/inbox/` go to `s3://bucket/inbox-scenes` by default."""

_THREADS = 16


@dataclass(frozen=True, kw_only=True, slots=True)
class Planned:
    """One capture in a pass."""

    title: str
    capture: str
    output: str
    """Place of the version that is begun; for others, the folder of all versions."""
    begin: bool
    reason: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Plan:
    inbox: str
    output: str
    captures: list[Planned]
    loose: list[str]
    """Files in the inbox that are no capture."""
    keep_versions: int | None = None
    keep_days: float | None = None
    """What the end of the pass retains, as in the settings."""

    @property
    def begun(self) -> list[Planned]:
        return [each for each in self.captures if each.begin]


def plan_pass(inbox: str, output: str, settings: InboxSettings) -> Plan:
    """Look at everything in `inbox`, lease and note what is begun, and store the plan at `output`.

    Raises:
        InputError: the results would lie in the inbox and be taken for captures.
        StorageError: the inbox cannot be listed, or the notes cannot be written.
        UnconditionalStoreError: the object store cannot hold the leases that the settings ask for.
    """
    _check_apart(inbox, output)
    scenes = open_storage(output)
    if settings.leases:
        check_conditions(scenes)
    found = list_captures(inbox, settings.complete_marker)
    plan = Plan(
        inbox=inbox,
        output=output,
        captures=_decide_all(Pass(scenes=scenes, run=own_id(), settings=settings), found.captures),
        loose=found.loose,
        keep_versions=settings.keep_versions,
        keep_days=settings.keep_days,
    )
    put_json(scenes, plan_name(own_id()), asdict(plan))
    return plan


def take_plan(output: str) -> Plan | None:
    """This run's plan, which is removed; None if the inbox could not even be listed."""
    storage, name = open_storage(output), plan_name(own_id())
    if not storage.exists(name):
        return None
    content: dict[str, Any] = get_json(storage, name)
    storage.delete(name)
    captures = [Planned(**each) for each in content.pop("captures")]
    return Plan(captures=captures, **content)


def _decide_all(own: Pass, captures: list[Capture]) -> list[Planned]:
    """Look at all captures side by side, then begin them one by one."""
    look = _tolerant(own.look_at)
    decisions = dict(completed(look, captures, threads=_THREADS, name="look-at"))
    begin, begun = _tolerant(own.begin), 0
    for capture in (each for each in captures if decisions[each].begin):
        if begun < own.settings.captures_per_pass:
            decisions[capture] = begin(capture)
            begun += decisions[capture].begin
        else:
            decisions[capture] = Decision(False, f"waits for another pass: this one has begun {begun}")
    return [_planned(capture, decisions[capture], own.scenes.uri) for capture in captures]


def _planned(capture: Capture, decision: Decision, scenes: str) -> Planned:
    return Planned(
        title=capture.title,
        capture=capture.uri,
        output=decision.output or f"{scenes}/{capture.title}",
        begin=decision.begin,
        reason=decision.reason,
    )


def _tolerant(decide: Callable[[Capture], Decision]) -> Callable[[Capture], Decision]:
    """Leave alone a capture beside which something is damaged, or whose name can be no output."""

    def decide_or_leave(capture: Capture) -> Decision:
        try:
            return decide(capture)
        except InputError as error:
            return Decision(False, f"{error.message}. {error.remedy}")

    return decide_or_leave


def _check_apart(inbox: str, output: str) -> None:
    if contains(inbox, output):
        raise InputError(
            f"the results would go to {output}, inside the inbox {inbox}",
            remedy=f"Choose an output beside it, such as {normalize(inbox)}{INBOX_SUFFIX}.",
        )
