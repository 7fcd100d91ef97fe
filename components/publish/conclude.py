"""The last word of every run: `report.json`, and on failure a page that tells the cause."""

from __future__ import annotations

import os
from typing import Any

from components.publish.build_report import build_report
from components.publish.failure_page import render_failure_page
from components.publish.run_state import RunState
from components.publish.settings import PublishSettings
from components.publish.verdict import Record
from components.shared.environment import RUN_VARIABLE
from components.shared.errors import QualityGateError
from components.shared.run_layout import CHECKPOINTS_FOLDER, REPORT_JSON, REPORT_PAGE, record_name
from components.shared.stage import forget_records, read_records
from components.shared.stages import STAGE_NAMES
from components.shared.storage import Storage, get_json, open_storage, put_json
from components.shared.tries import Tries, forget_tries, read_tries


def conclude(output: str, *, state: RunState, settings: PublishSettings) -> dict[str, Any]:
    """Turn the stages' records at `output` into the run's report, store it there and return it.

    A report that this run has stored already stays, unless something of the run failed after it: this task
    may be tried again too. The records are deleted, for the report holds all of them; they stay only where
    another run can go on behind stages that are done.
    """
    storage = open_storage(output)
    records, tries = read_records(storage, STAGE_NAMES), read_tries(storage)
    report = _finished_report(storage, records, tries)
    if report is None:
        run = os.environ.get(RUN_VARIABLE) or None
        report = build_report(records, state=state, settings=settings, tries=tries, run=run)
        if report["failure"] and report["failure"]["type"] != QualityGateError.__name__:
            # Evaluation has stored the full report of a scene that was not good enough.
            storage.write_bytes(REPORT_PAGE, render_failure_page(report).encode())
        put_json(storage, REPORT_JSON, report)
    forget_tries(output)
    _clean_up(storage, output, report, records)
    return report


def _finished_report(
    storage: Storage, records: dict[str, Record], tries: dict[str, Tries]
) -> dict[str, Any] | None:
    """What this run has reported, if nothing of it was begun since, or nothing failed since a success."""
    run = os.environ.get(RUN_VARIABLE)
    if not run or not storage.exists(REPORT_JSON):
        return None
    report: dict[str, Any] = get_json(storage, REPORT_JSON)
    if report.get("run") != run:
        return None
    is_good = report["status"] == "succeeded" and not any(each["failure"] for each in records.values())
    return report if is_good or not tries else None


def _clean_up(storage: Storage, output: str, report: dict[str, Any], records: dict[str, Record]) -> None:
    """Leave the records where another try can go on, but none that would refuse it."""
    if not report["failure"]:
        _forget_checkpoints(storage)
    if not report["failure"] or not report["failure"]["retryable"]:
        forget_records(output)
    for stage, record in records.items():
        if record["final"]:
            storage.delete(record_name(stage))


def _forget_checkpoints(storage: Storage) -> None:
    """A finished run needs no checkpoints, and the next one must not go on from them."""
    for name in storage.list_names(f"{CHECKPOINTS_FOLDER}/"):
        storage.delete(name)


def forget_run(output: str, *, goes_on: bool) -> None:
    """Delete what an earlier run said about itself; if it `goes_on`, the records of finished stages stay."""
    storage = open_storage(output)
    storage.delete(REPORT_JSON)
    if not goes_on:
        forget_records(output)
        return
    for stage, record in read_records(storage, STAGE_NAMES).items():
        if record["failure"]:
            storage.delete(record_name(stage))
