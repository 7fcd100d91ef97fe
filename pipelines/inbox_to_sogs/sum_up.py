"""Summary of a pass over an inbox, as JSON and as a page in the Kubeflow UI."""

from __future__ import annotations

import os
import time
from dataclasses import replace
from typing import Any

from components.publish.scenes.index_page import write_index_page
from components.publish.scenes.retention import find_removals, remove
from components.publish.scenes.version import release_version
from components.shared.contracts.record import StageRecord
from components.shared.contracts.report import Report, RunStatus
from components.shared.environment import PASS_VARIABLE, RUN_VARIABLE
from components.shared.errors import KubesplatError, StageLostError
from components.shared.leases import own_id
from components.shared.run_layout import INBOX_SUMMARY, PROGRESS_JSON, pass_summary_name, record_name
from components.shared.stage import delete_records
from components.shared.storage import Storage, name_of, open_storage, put_json
from components.shared.tries import delete_tries
from pipelines.inbox_to_sogs.ledger import read_entry, read_report
from pipelines.inbox_to_sogs.plan import Plan, Planned, take_plan

Summary = dict[str, Any]


def sum_up(inbox: str, output: str) -> Summary:
    """Collect the reports of the captures that this run began, store the summary at `output`, return it.

    Before, versions that the settings do not keep are deleted, and the page of all scenes is written anew.
    """
    plan = take_plan(output)
    begun, lost = _begun(plan) if plan else ([], [])
    outcomes = [_outcome(each, open_storage(output)) for each in begun]
    skipped = [_skipped(each) for each in plan.captures if not each.begin] if plan else []
    summary = {
        "schema": 1,
        "run": os.environ.get(RUN_VARIABLE) or None,
        "failure": None if plan else _why_nothing_was_begun(output),
        "inbox": inbox,
        "output": output,
        "processed": [each for each in outcomes if each["failure"] is None],
        "failed": [each for each in outcomes if each["failure"] is not None],
        "skipped": [*skipped, *map(_skipped, lost)],
        "loose": plan.loose if plan else [],
        **(_tidy(plan) if plan else {"removed": [], "untidy": None}),
    }
    put_json(open_storage(output), INBOX_SUMMARY, summary)
    if pass_id := os.environ.get(PASS_VARIABLE):  # INBOX_SUMMARY may be another pass's a moment later
        put_json(open_storage(output), pass_summary_name(pass_id), summary)
    open_storage(output).delete(PROGRESS_JSON)  # that of planning; each version has its own
    delete_records(output)
    delete_tries(output)
    return summary


def _tidy(plan: Plan) -> dict[str, Any]:
    """Retention and the page of all scenes; what fails there is told, and fails no pass."""
    scenes, removed = open_storage(plan.output), []
    try:
        doomed = find_removals(
            scenes, keep_versions=plan.keep_versions, keep_days=plan.keep_days, now=time.time()
        )
        for each in list(doomed):
            if remove(scenes, each):
                version = each.version
                removed.append({"title": version.scene, "version": version.name, "reason": each.reason})
        write_index_page(scenes)
    except KubesplatError as error:
        print(f"inbox: {error.message}", flush=True)
        return {"removed": removed, "untidy": error.to_failure("inbox").to_json()}
    return {"removed": removed, "untidy": None}


def _begun(plan: Plan) -> tuple[list[Planned], list[Planned]]:
    """What this run began, and what other runs have taken over from it since; its leases are ended."""
    scenes, kept, lost = open_storage(plan.output), [], []
    for each in plan.begun:
        entry = read_entry(scenes, each.title)
        if entry and entry.run != own_id():
            lost.append(replace(each, reason=f"run {entry.run} has taken it over"))
        else:
            kept.append(each)
            release_version(each.output, own_id())
    return kept, lost


def _why_nothing_was_begun(output: str) -> dict[str, Any]:
    storage, name = open_storage(output), record_name("inbox")
    if storage.exists(name):
        failure = StageRecord.parse(storage.read_bytes(name), name).failure
        if failure:
            return failure.to_json()
    lost = StageLostError("the inbox was not looked at to the end", remedy="The next pass tries again.")
    return lost.to_failure("inbox").to_json()


def _outcome(planned: Planned, scenes: Storage) -> dict[str, Any]:
    report = read_report(scenes, planned.title, name_of(planned.output))
    if report is None:
        lost = StageLostError("it was stopped before any result", remedy="The next pass tries again.")
        report = Report(status=RunStatus.FAILED, failure=lost.to_failure(""))
    return {
        "title": planned.title,
        "capture": planned.capture,
        "output": planned.output,
        "failure": report.failure.to_json() if report.failure else None,
        "gaussians": report.gaussians,
        "psnr_db": report.delivered.psnr_db,
        "bytes": report.compress.bytes,
        "seconds": report.totals.seconds,
        "cost_usd": report.totals.cost_usd,
    }


def _skipped(planned: Planned) -> dict[str, Any]:
    return {
        "title": planned.title,
        "capture": planned.capture,
        "output": planned.output,
        "reason": planned.reason,
    }
