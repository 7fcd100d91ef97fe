"""Whether a capture is to be worked on now, and if not, why not."""

from __future__ import annotations

from dataclasses import dataclass

from components.shared.contracts.report import Report, RunStatus
from components.shared.errors import Failure
from pipelines.inbox_to_sogs.captures import Capture
from pipelines.inbox_to_sogs.ledger import Entry
from pipelines.inbox_to_sogs.settings import InboxSettings


@dataclass(frozen=True, slots=True)
class Decision:
    begin: bool
    reason: str
    adopt: bool = False
    """There is a scene, but no note from which state of the capture it is: take it for this one's."""
    output: str = ""
    """Place of the results of a capture that was begun."""


def decide(
    capture: Capture,
    entry: Entry | None,
    report: Report | None,
    settings: InboxSettings,
    *,
    run: str,
) -> Decision:
    """`entry` and `report` are what lies beside the capture's results.

    Another run may be working on the capture: only its lease tells.
    """
    if entry is None:
        done = report is not None and report.status is RunStatus.SUCCEEDED
        return Decision(False, "has a scene", adopt=True) if done else Decision(True, "new")
    if entry.fingerprint != capture.fingerprint:
        return Decision(True, "changed")
    if report is None:
        return _unfinished(entry, settings, run)
    if report.failure is None:
        return Decision(False, "has a scene")
    return _failed(report.failure, entry, settings)


def still_uploading(capture: Capture, settings: InboxSettings, *, now: float) -> str:
    """Why the capture may be incomplete; empty if it is not. `now` is in seconds since 1970."""
    marker = settings.complete_marker
    if marker and capture.marked_at is None:
        return f"has no {marker}: its upload is not complete"
    if marker and capture.marked_at is not None and capture.marked_at >= capture.changed_at:
        return ""
    quiet_seconds = now - capture.changed_at
    if quiet_seconds >= 60 * settings.quiet_minutes:
        return ""
    after = f", after its {marker}" if marker else ""
    return f"changed {max(0, quiet_seconds):.0f} s ago{after}: it may still be uploading"


def _unfinished(entry: Entry, settings: InboxSettings, run: str) -> Decision:
    if entry.passes >= settings.max_passes and entry.run != run:
        return Decision(False, f"not begun again: {entry.passes} passes have left no report")
    return Decision(True, "was left unfinished")


def _failed(failure: Failure, entry: Entry, settings: InboxSettings) -> Decision:
    if not failure.retryable:
        return Decision(False, f"failed, and has not changed since: {failure.message}")
    if entry.passes >= settings.max_passes:
        return Decision(False, f"given up after {entry.passes} passes: {failure.message}")
    return Decision(True, f"failed by infrastructure: {failure.message}")
