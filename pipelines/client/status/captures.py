"""A pass over an inbox, capture by capture: from its plan, what each capture's stages wrote, and its pods."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from components.shared.errors import StorageError
from components.shared.run_layout import INBOX_LEDGER, INBOX_SUMMARY, plan_name
from components.shared.stages import STAGE_NAMES
from components.shared.storage import Storage, get_json, open_storage
from pipelines.client.runs import Run
from pipelines.client.status.pods import Pods
from pipelines.client.status.records import Records, read_records, written_during
from pipelines.client.status.stages import stage_state
from pipelines.client.status.tasks import TaskStatus

_AT_ONCE = 8


@dataclass(frozen=True, slots=True)
class CaptureStatus:
    capture: str
    """Its title."""
    state: str
    """waiting, done, failed, stopped, skipped, or the state of the stage that it is in."""
    stage: str = ""
    """The one it is in, or failed in."""
    output: str = ""
    """Where its scene is or will be."""
    seconds: float | None = None
    """Of the stages that have ended."""
    failure: dict[str, Any] | None = None
    words: str = ""
    """Why it was skipped, or what its pod waits for."""

    def to_json(self) -> dict[str, Any]:
        return asdict(self)


@dataclass(frozen=True, slots=True)
class Pass:
    """What is known of a run over an inbox."""

    captures: tuple[CaptureStatus, ...] = ()
    failure: dict[str, Any] | None = None
    """Why nothing was begun."""
    problem: str = ""
    """Why nothing could be read."""


def read_pass(run: Run, pods: Pods, now: datetime) -> Pass:
    """Never fails: of what cannot be read nothing is known."""
    if run.output is None or not run.output.startswith("s3://"):
        return Pass(problem=f"the results are in {run.output} on the cluster, not in S3")
    try:
        return _read(run, open_storage(run.output), pods, now)
    except StorageError as error:
        return Pass(problem=error.message)


def _read(run: Run, storage: Storage, pods: Pods, now: datetime) -> Pass:
    if storage.exists(plan_name(run.id)):
        planned = get_json(storage, plan_name(run.id))["captures"]
        begun = [(each["title"], each["output"]) for each in planned if each["begin"]]
        skipped = [_skipped(each) for each in planned if not each["begin"]]
        return Pass((*_begun(run, begun, pods, now), *skipped))
    summary = get_json(storage, INBOX_SUMMARY) if storage.exists(INBOX_SUMMARY) else {}
    if summary.get("run") == run.id:
        ended = [_ended(each) for name in ("processed", "failed") for each in summary[name]]
        return Pass((*ended, *map(_skipped, summary["skipped"])), summary["failure"])
    return Pass(_begun(run, _noted(run, storage, now), pods, now))


def _noted(run: Run, storage: Storage, now: datetime) -> list[tuple[str, str]]:
    """Captures that this run began and no later one did, by the note beside their results."""
    found = []
    for file in storage.list_files():
        title, _, name = file.name.partition("/")
        if name != INBOX_LEDGER or not written_during(run, file, now):
            continue
        if get_json(storage, file.name)["run"] == run.id:
            found.append((title, f"{run.output}/{title}"))
    return found


def _begun(
    run: Run, captures: Sequence[tuple[str, str]], pods: Pods, now: datetime
) -> tuple[CaptureStatus, ...]:
    """`captures` are titles and places, in the order in which the pipeline goes through them."""

    def look(number: int) -> CaptureStatus:
        title, place = captures[number]
        return capture_state(title, place, number, run, read_records(run, place), pods, now)

    with ThreadPoolExecutor(_AT_ONCE) as pool:
        return tuple(pool.map(look, range(len(captures))))


def capture_state(
    title: str, place: str, number: int, run: Run, records: Records, pods: Pods, now: datetime
) -> CaptureStatus:
    """Of the capture with this number among those that the run has begun."""
    taken = [seconds for stage in STAGE_NAMES if (seconds := records.seconds_of(stage)) is not None]
    total = sum(taken) if taken else None
    if records.report:
        failure = records.report["failure"]
        stage = failure["stage"] if failure else ""
        return CaptureStatus(title, "failed" if failure else "done", stage, place, total, failure)
    begun = [stage for stage in STAGE_NAMES if records.tries_of(stage) or pods.newest(stage, number)]
    if not begun:
        return CaptureStatus(title, "waiting" if run.unfinished else "stopped", "", place)
    found = stage_state(begun[-1], TaskStatus("running"), records, pods, run, now, capture=number)
    state = found.state
    if not run.unfinished:
        state = "failed" if found.failure else "stopped"
    elif found.failure and not found.failure["retryable"]:
        state = "failed"
    elif state == "done":
        state = "running"  # the next stage is being prepared
    return CaptureStatus(title, state, found.stage, place, total, found.failure, found.waits_for)


def failure_of_pass(captures: Sequence[CaptureStatus]) -> dict[str, Any] | None:
    """The first capture's that failed, in the form of `report.json`, with the captures' number."""
    failed = [each for each in captures if each.failure]
    if not failed:
        return None
    first, failure = failed[0], failed[0].failure or {}
    count = f"{len(failed)} of {sum(each.state != 'skipped' for each in captures)} captures failed. "
    return {**failure, "message": f"{count}{first.capture}: {failure['message']}"}


def _ended(outcome: dict[str, Any]) -> CaptureStatus:
    failure = outcome["failure"]
    return CaptureStatus(
        capture=outcome["title"],
        state="failed" if failure else "done",
        stage=failure["stage"] if failure else "",
        output=outcome["output"],
        seconds=outcome["seconds"],
        failure=failure,
    )


def _skipped(planned: dict[str, Any]) -> CaptureStatus:
    return CaptureStatus(planned["title"], "skipped", output=planned["output"], words=planned["reason"])
