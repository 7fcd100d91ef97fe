"""Whether a capture is to be worked on now, and if not, why not."""

from __future__ import annotations

from dataclasses import dataclass

from components.shared.contracts.report import Report, RunStatus
from components.shared.errors import Failure
from pipelines.inbox_to_sogs.captures import Capture
from pipelines.inbox_to_sogs.ledger import Entry
from pipelines.inbox_to_sogs.settings import InboxSettings

_ABANDONED_AFTER_SECONDS = 24 * 3600.0
"""A run that was stopped by hand leaves no report; after this time its captures are started again."""


@dataclass(frozen=True, slots=True)
class Decision:
    begin: bool
    reason: str
    adopt: bool = False
    """There is a scene, but no note from which state of the capture it is: take it for this one's."""


def decide(
    capture: Capture,
    entry: Entry | None,
    report: Report | None,
    settings: InboxSettings,
    *,
    run: str,
    now: float,
) -> Decision:
    """`entry` and `report` are what lies beside the capture's results; `now` is in seconds since 1970."""
    quiet_seconds = now - capture.changed_at
    if quiet_seconds < 60 * settings.quiet_minutes:
        return Decision(False, f"changed {max(0, quiet_seconds):.0f} s ago: it may still be uploading")
    if entry is None:
        done = report is not None and report.status is RunStatus.SUCCEEDED
        return Decision(False, "has a scene", adopt=True) if done else Decision(True, "new")
    if entry.fingerprint != capture.fingerprint:
        return Decision(True, "changed")
    if report is None:
        return _unfinished(entry, settings, run, now)
    if report.failure is None:
        return Decision(False, "has a scene")
    return _failed(report.failure, entry, settings)


def _unfinished(entry: Entry, settings: InboxSettings, run: str, now: float) -> Decision:
    elsewhere = entry.run not in ("", run)
    if elsewhere and now - entry.begun_at < _ABANDONED_AFTER_SECONDS:
        return Decision(False, f"run {entry.run} is working on it")
    if entry.passes >= settings.max_passes and elsewhere:
        return Decision(False, f"given up after {entry.passes} passes that left no report")
    return Decision(True, "was left unfinished")


def _failed(failure: Failure, entry: Entry, settings: InboxSettings) -> Decision:
    if not failure.retryable:
        return Decision(False, f"failed, and has not changed since: {failure.message}")
    if entry.passes >= settings.max_passes:
        return Decision(False, f"given up after {entry.passes} passes: {failure.message}")
    return Decision(True, f"failed by infrastructure: {failure.message}")
