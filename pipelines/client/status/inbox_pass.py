"""State of each capture in a pass over an inbox, from the plan, the captures' records, and the pods."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from typing import Any

from components.shared.errors import Failure, InputError, StorageError
from components.shared.parallel import completed
from components.shared.run_layout import INBOX_LEDGER, INBOX_SUMMARY, plan_name
from components.shared.stages import REQUIRED_STAGES, STAGE_NAMES
from components.shared.storage import Storage, get_json, is_s3, join, open_storage
from pipelines.client.runs import Run
from pipelines.client.states import CaptureState
from pipelines.client.status.pods import Pods
from pipelines.client.status.run_records import RunRecords, read_run_records, written_during
from pipelines.client.status.stages import stage_status
from pipelines.client.status.tasks import TaskStatus

_THREADS = 8


@dataclass(frozen=True, slots=True)
class CaptureStatus:
    capture: str
    """Title of the capture."""
    state: CaptureState
    stage: str = ""
    """The current stage, or the stage that failed."""
    output: str = ""
    """Folder or prefix of its scene."""
    seconds: float | None = None
    """Duration of the stages that have ended."""
    failure: Failure | None = None
    reason: str = ""
    """Why it was skipped, or why its pod is pending."""

    def to_json(self) -> dict[str, Any]:
        return asdict(self)


@dataclass(frozen=True, slots=True)
class InboxPass:
    """The captures of a run over an inbox."""

    captures: tuple[CaptureStatus, ...] = ()
    failure: Failure | None = None
    """Why no capture was started."""
    problem: str = ""
    """Why the output could not be read."""


def read_inbox_pass(run: Run, pods: Pods, now: datetime) -> InboxPass:
    """The captures of `run`. Errors of reading are returned as `problem`."""
    if run.output is None or not is_s3(run.output):
        return InboxPass(problem=f"the results are in {run.output} on the cluster, not in S3")
    try:
        return _read(run, open_storage(run.output), pods, now)
    except (StorageError, InputError) as error:
        return InboxPass(problem=error.message)


def _read(run: Run, storage: Storage, pods: Pods, now: datetime) -> InboxPass:
    if storage.exists(plan_name(run.id)):
        planned = get_json(storage, plan_name(run.id))["captures"]
        started = [(each["title"], each["output"]) for each in planned if each["begin"]]
        skipped = [_skipped(each) for each in planned if not each["begin"]]
        return InboxPass((*_started(run, started, pods, now), *skipped))
    summary = get_json(storage, INBOX_SUMMARY) if storage.exists(INBOX_SUMMARY) else {}
    if summary.get("run") == run.id:
        ended = [_ended(each) for name in ("processed", "failed") for each in summary[name]]
        return InboxPass((*ended, *map(_skipped, summary["skipped"])), _failure(summary))
    return InboxPass(_started(run, _in_ledger(run, storage, now), pods, now))


def _in_ledger(run: Run, storage: Storage, now: datetime) -> list[tuple[str, str]]:
    """Titles and outputs of the captures whose ledger entry names this run and not a later one."""
    found = []
    for file in storage.iterate_files():
        title, _, name = file.name.partition("/")
        if name != INBOX_LEDGER or not written_during(run, file, now):
            continue
        entry = get_json(storage, file.name)
        if entry["run"] == run.id:
            found.append((title, join(str(run.output), f"{title}/{entry.get('version', '')}".rstrip("/"))))
    return found


def _started(
    run: Run, captures: Sequence[tuple[str, str]], pods: Pods, now: datetime
) -> tuple[CaptureStatus, ...]:
    """`captures` are titles and outputs, in the pipeline's order."""

    def status_of(number: int) -> CaptureStatus:
        title, output = captures[number]
        return capture_status(title, output, number, run, read_run_records(run, output), pods, now)

    statuses = dict(completed(status_of, range(len(captures)), threads=_THREADS, name="read-records"))
    return tuple(statuses[number] for number in range(len(captures)))


def capture_status(
    title: str, output: str, number: int, run: Run, records: RunRecords, pods: Pods, now: datetime
) -> CaptureStatus:
    """Status of the capture with this number among those that the run starts."""
    durations = [seconds for stage in STAGE_NAMES if (seconds := records.seconds_of(stage)) is not None]
    total = sum(durations) if durations else None
    if records.report:
        failure = records.report.failure
        stage = failure.stage if failure else ""
        return CaptureStatus(title, "failed" if failure else "done", stage, output, total, failure)
    started = [
        stage
        for stage in STAGE_NAMES
        if records.tries_of(stage) or (stage in REQUIRED_STAGES and pods.newest(stage, number))
    ]
    if not started:
        return CaptureStatus(title, "waiting" if run.unfinished else "stopped", "", output)
    found = stage_status(started[-1], TaskStatus("running"), records, pods, run, now, capture=number)
    state: CaptureState = found.state
    if not run.unfinished:
        state = "failed" if found.failure else "stopped"
    elif found.failure and not found.failure.retryable:
        state = "failed"
    elif state == "done":
        state = "running"  # the next stage is being prepared
    return CaptureStatus(title, state, found.stage, output, total, found.failure, found.waits_for)


def failure_of_pass(captures: Sequence[CaptureStatus]) -> Failure | None:
    """Failure of the first failed capture, with the number of failed captures in its message."""
    failed = [(each.capture, each.failure) for each in captures if each.failure]
    if not failed:
        return None
    (capture, failure), started = failed[0], sum(each.state != "skipped" for each in captures)
    message = f"{len(failed)} of {started} captures failed. {capture}: {failure.message}"
    return replace(failure, message=message)


def _ended(outcome: dict[str, Any]) -> CaptureStatus:
    failure = _failure(outcome)
    return CaptureStatus(
        capture=outcome["title"],
        state="failed" if failure else "done",
        stage=failure.stage if failure else "",
        output=outcome["output"],
        seconds=outcome["seconds"],
        failure=failure,
    )


def _failure(outcome: dict[str, Any]) -> Failure | None:
    return Failure(**outcome["failure"]) if outcome["failure"] else None


def _skipped(planned: dict[str, Any]) -> CaptureStatus:
    return CaptureStatus(planned["title"], "skipped", output=planned["output"], reason=planned["reason"])
