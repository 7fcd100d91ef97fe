"""The last word of every run: `report.json`, and on failure a page that tells the cause."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

from components.publish.build_report import STAGES, Record, build_report
from components.publish.failure_page import render_failure_page
from components.publish.result_names import REPORT_JSON, REPORT_PAGE
from components.publish.settings import PublishSettings
from components.shared.files import atomic_path
from components.shared.stage import RECORDS_FOLDER
from components.shared.storage import Storage, get_json, open_storage, put_json


def conclude(output: str, *, succeeded: bool, settings: PublishSettings) -> dict[str, Any]:
    """Turn the stages' records at `output` into the run's report, store it there and return it.

    The records are deleted: the report holds all of them, and the next run with the same output
    must not find them.
    """
    storage = open_storage(output)
    with tempfile.TemporaryDirectory(prefix="kubesplat-conclude-") as folder:
        scratch = Path(folder)
        report = build_report(_records(storage, scratch), succeeded=succeeded, settings=settings)
        if report["failure"]:
            _put_page(storage, render_failure_page(report), scratch)
        put_json(storage, REPORT_JSON, report, scratch)
    _delete_records(storage)
    return report


def forget_run(output: str) -> None:
    """Delete what an earlier run said about itself, so that it cannot be taken for the next one's words."""
    storage = open_storage(output)
    _delete_records(storage)
    storage.delete(REPORT_JSON)


def _records(storage: Storage, scratch: Path) -> dict[str, Record]:
    names = {stage: f"{RECORDS_FOLDER}/{stage}.json" for stage in STAGES}
    return {stage: get_json(storage, name, scratch) for stage, name in names.items() if storage.exists(name)}


def _delete_records(storage: Storage) -> None:
    for name in storage.list_names(f"{RECORDS_FOLDER}/"):
        storage.delete(name)


def _put_page(storage: Storage, page: str, scratch: Path) -> None:
    path = scratch / REPORT_PAGE
    with atomic_path(path) as temporary:
        temporary.write_text(page, encoding="utf-8")
    storage.put_file(path, REPORT_PAGE)
