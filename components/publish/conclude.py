"""Writes `report.json` at the end of every run, and `report.html` with the cause if the run failed."""

from __future__ import annotations

import os
from collections.abc import Mapping
from datetime import UTC, datetime

from components.publish.build_report import build_report
from components.publish.cost_metrics import cost_metrics
from components.publish.failure_page import render_failure_page
from components.publish.notify.describe_run import describe_run
from components.publish.notify.notify import notify
from components.publish.published_files import forget_list, keep_list
from components.publish.run_state import RunState
from components.publish.scenes.version import scene_title
from components.publish.settings import PublishSettings
from components.shared.contracts.record import StageRecord
from components.shared.contracts.report import Report, RunStatus
from components.shared.environment import RUN_VARIABLE
from components.shared.errors import QualityGateError
from components.shared.push_metrics import push_run_metrics
from components.shared.run_layout import (
    CHECKPOINTS_FOLDER,
    PROGRESS_JSON,
    REPORT_JSON,
    REPORT_PAGE,
    SCENE_SOG,
    record_name,
    settings_name,
)
from components.shared.share_progress import end_progress
from components.shared.stage import delete_records, read_records
from components.shared.stages import STAGE_NAMES
from components.shared.storage import Storage, get_json, open_storage, put_json
from components.shared.stored_forecast import read_forecast
from components.shared.tries import Tries, delete_tries, read_tries


def conclude(output: str, *, state: RunState, settings: PublishSettings) -> Report:
    """Build the run's report from the records at `output`, store it there and return it.

    A report that this run stored before stays, unless a stage failed since: this task may be repeated too.
    The records are deleted, except where another run can resume after the stages that are done. At last,
    those whom the environment names are notified; if this task is repeated, they get the same message again.
    """
    storage = open_storage(output)
    records, tries = read_records(storage, STAGE_NAMES), read_tries(storage)
    chosen = get_json(storage, settings_name()) if storage.exists(settings_name()) else {}
    report = _stored_report(storage, records, tries)
    if report is None:
        run = os.environ.get(RUN_VARIABLE) or None
        report = build_report(
            records,
            state=state,
            settings=settings,
            forecast=read_forecast(storage),
            chosen=chosen,
            tries=tries,
            run=run,
        )
        if report.failure:
            report = report.replace(earlier_scene_at=_earlier_scene(storage, records))
        if report.failure and report.failure.type != QualityGateError.__name__:
            # Where a quality gate is not met, `evaluate` has stored a page with the renders.
            storage.write_bytes(REPORT_PAGE, render_failure_page(report).encode())
        if report.failure:
            keep_list(storage)
        put_json(storage, REPORT_JSON, report.to_json())
    if not report.failure:
        forget_list(storage)
    delete_tries(output)
    _clean_up(storage, output, report, records)
    push_run_metrics(cost_metrics(report), output)
    end_progress(storage, report.failure, {name: stage.seconds for name, stage in report.stages.items()})
    notify(describe_run(report, output, scene_title(output)))
    return report


def _earlier_scene(storage: Storage, records: Mapping[str, StageRecord]) -> str | None:
    """When the scene at the output was stored, if an earlier run did; None otherwise."""
    published = records.get("publish")
    if published and not published.failure:
        return None
    times = [file.changed_at for file in storage.list_files(SCENE_SOG) if file.name == SCENE_SOG]
    return datetime.fromtimestamp(times[0], UTC).isoformat(timespec="seconds") if times else None


def _stored_report(
    storage: Storage, records: Mapping[str, StageRecord], tries: Mapping[str, Tries]
) -> Report | None:
    """The report that this run stored before, if it still holds: nothing started or failed since."""
    run = os.environ.get(RUN_VARIABLE)
    if not run or not storage.exists(REPORT_JSON):
        return None
    report = Report.model_validate(get_json(storage, REPORT_JSON))
    if report.run != run:
        return None
    failed_since = any(record.failure for record in records.values())
    holds = report.status is RunStatus.SUCCEEDED and not failed_since
    return report if holds or not tries else None


def _clean_up(storage: Storage, output: str, report: Report, records: Mapping[str, StageRecord]) -> None:
    """Delete what the next run must not read: all records, or only final ones where it can resume."""
    if not report.failure:
        for name in storage.list_names(f"{CHECKPOINTS_FOLDER}/"):
            storage.delete(name)
    if not report.failure or not report.failure.retryable:
        delete_records(output)
    for stage, record in records.items():
        if record.final:
            storage.delete(record_name(stage))


def delete_run_state(output: str, *, resume: bool) -> None:
    """Delete the report, the progress and the records of an earlier run, but keep the report's list of files.

    `resume`: keep the records of the stages that succeeded, because the next run does not repeat these.
    """
    storage = open_storage(output)
    keep_list(storage)
    storage.delete(REPORT_JSON)
    storage.delete(PROGRESS_JSON)
    if not resume:
        delete_records(output)
        return
    for stage, record in read_records(storage, STAGE_NAMES).items():
        if record.failure:
            storage.delete(record_name(stage))
