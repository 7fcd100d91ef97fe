"""What a run's stages left at its output: records, tries and the report."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from components.publish.result_names import REPORT_JSON
from components.shared.errors import StorageError
from components.shared.stage import RECORDS_FOLDER
from components.shared.storage import Storage, get_json, open_storage
from components.shared.storage.stored_file import StoredFile
from components.shared.tries import TRIES_FOLDER
from pipelines.client.runs import Run

_CLOCKS_DIFFER_SECONDS = 300.0


@dataclass(frozen=True, slots=True)
class Records:
    """Only what this run wrote; an output may hold what an earlier run left there."""

    stages: dict[str, dict[str, Any]] = field(default_factory=dict)
    tries: dict[str, int] = field(default_factory=dict)
    """Per stage, how often it was begun."""
    report: dict[str, Any] | None = None
    problem: str = ""
    """Why nothing could be read."""


def read_records(run: Run) -> Records:
    """Never fails: without them, Kubeflow's own words are all there is."""
    if run.output is None:
        return Records()
    if not run.output.startswith("s3://"):
        return Records(problem=f"the results are in {run.output} on the cluster, not in S3")
    try:
        storage = open_storage(run.output)
        return _read(run, storage, storage.list_files())
    except StorageError as error:
        return Records(problem=error.message)


def _read(run: Run, storage: Storage, files: list[StoredFile]) -> Records:
    with tempfile.TemporaryDirectory(prefix="kubesplat-records-") as folder:
        scratch = Path(folder)

        def of_run(prefix: str) -> dict[str, dict[str, Any]]:
            found = {}
            for file in files:
                if file.name.startswith(f"{prefix}/") and file.name.endswith(".json"):
                    content = get_json(storage, file.name, scratch)
                    if content.get("run") == run.id:
                        found[Path(file.name).stem] = content
            return found

        own = any(file.name == REPORT_JSON and _written_by(run, file) for file in files)
        return Records(
            stages=of_run(RECORDS_FOLDER),
            tries={stage: content["tries"] for stage, content in of_run(TRIES_FOLDER).items()},
            report=get_json(storage, REPORT_JSON, scratch) if own else None,
        )


def _written_by(run: Run, file: StoredFile) -> bool:
    """The report does not name its run; it is the last thing that a run writes."""
    if run.finished_at is None or run.created_at is None:
        return False
    begin, end = run.created_at.timestamp(), run.finished_at.timestamp()
    return begin - _CLOCKS_DIFFER_SECONDS <= file.changed_at <= end + _CLOCKS_DIFFER_SECONDS
