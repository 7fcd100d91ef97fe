"""The last word of every run: `report.json`, and on failure a page that tells the cause."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

from components.publish.build_report import STAGES, Record, build_report
from components.publish.failure_page import render_failure_page
from components.publish.result_names import REPORT_JSON, REPORT_PAGE
from components.publish.settings import PublishSettings
from components.shared.errors import QualityGateError
from components.shared.files import atomic_path
from components.shared.retry import forget_tries
from components.shared.stage import forget_records, record_name
from components.shared.storage import Storage, get_json, open_storage, put_json

CHECKPOINTS_FOLDER = ".kubesplat/checkpoints/"
"""Training's, under a run's results."""


def conclude(output: str, *, succeeded: bool, settings: PublishSettings) -> dict[str, Any]:
    """Turn the stages' records at `output` into the run's report, store it there and return it.

    The records are deleted, for the report holds all of them; they stay only where another try can
    help, since it may go on behind stages that are done.
    """
    storage = open_storage(output)
    with tempfile.TemporaryDirectory(prefix="kubesplat-conclude-") as folder:
        scratch = Path(folder)
        report = build_report(_records(storage, scratch), succeeded=succeeded, settings=settings)
        if report["failure"] and report["failure"]["type"] != QualityGateError.__name__:
            # Evaluation has stored the full report of a scene that was not good enough.
            _put_page(storage, render_failure_page(report), scratch)
        put_json(storage, REPORT_JSON, report, scratch)
    forget_tries(output)
    if not report["failure"]:
        _forget_checkpoints(storage)
    if not report["failure"] or not report["failure"]["retryable"]:
        forget_records(output)
    return report


def _forget_checkpoints(storage: Storage) -> None:
    """A finished run needs no checkpoints, and the next one must not go on from them."""
    for name in storage.list_names(CHECKPOINTS_FOLDER):
        storage.delete(name)


def forget_run(output: str, *, goes_on: bool) -> None:
    """Delete what an earlier run said about itself; if it `goes_on`, the records of finished stages stay."""
    storage = open_storage(output)
    storage.delete(REPORT_JSON)
    if not goes_on:
        forget_records(output)
        return
    with tempfile.TemporaryDirectory(prefix="kubesplat-conclude-") as folder:
        for stage, record in _records(storage, Path(folder)).items():
            if record["failure"]:
                storage.delete(record_name(stage))


def _records(storage: Storage, scratch: Path) -> dict[str, Record]:
    names = {stage: record_name(stage) for stage in STAGES}
    return {stage: get_json(storage, name, scratch) for stage, name in names.items() if storage.exists(name)}


def _put_page(storage: Storage, page: str, scratch: Path) -> None:
    path = scratch / REPORT_PAGE
    with atomic_path(path) as temporary:
        temporary.write_text(page, encoding="utf-8")
    storage.put_file(path, REPORT_PAGE)
