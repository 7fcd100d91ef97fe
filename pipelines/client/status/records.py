"""What a run's stages left at its output: records, tries and the report."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from components.shared.errors import StorageError
from components.shared.run_layout import RECORDS_FOLDER, REPORT_JSON, TRIES_FOLDER
from components.shared.storage import Storage, StoredFile, get_json, open_storage
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

    def failure_of(self, stage: str) -> dict[str, Any] | None:
        """As the report or the stage's own record has it: of the last try that left a word."""
        reported: dict[str, Any] | None = self.report["failure"] if self.report else None
        if reported and reported["stage"] == stage:
            return reported
        failure: dict[str, Any] | None = self.stages[stage]["failure"] if stage in self.stages else None
        return failure

    def tries_of(self, stage: str) -> int:
        """How often it was begun, as far as its own words go; 0: unknown."""
        record = self.stages.get(stage) or self._reported(stage)
        told = 0 if record is None or record["retries"] is None else record["retries"] + 1
        return max(told, self.tries.get(stage, 0))

    def is_outdated(self, stage: str, ended: int) -> bool:
        """Whether the last of the `ended` tries is a later one than that which left the stage's record."""
        record = self.stages.get(stage)
        return record is not None and ended > record["retries"] + 1

    def is_final(self, stage: str) -> bool:
        """Whether the stage has said that another try cannot help."""
        record = self.stages.get(stage)
        if record is None or not record["failure"]:
            return False
        return bool(record.get("final") or not record["failure"]["retryable"])

    def seconds_of(self, stage: str) -> float | None:
        """None: it has not ended, or it was not said."""
        record = self.stages.get(stage) or self._reported(stage)
        seconds: float | None = record["seconds"] if record else None
        return seconds

    def is_reused(self, stage: str) -> bool:
        reported = self._reported(stage)
        return bool(reported and reported["cached"])

    def _reported(self, stage: str) -> dict[str, Any] | None:
        found: dict[str, Any] | None = self.report["stages"].get(stage) if self.report else None
        return found


def read_records(run: Run, place: str | None) -> Records:
    """What `run` left at `place`. Never fails: without it, Kubeflow's own words are all there is."""
    if place is None:
        return Records()
    if not place.startswith("s3://"):
        return Records(problem=f"the results are in {place} on the cluster, not in S3")
    try:
        storage = open_storage(place)
        return _read(run, storage, storage.list_files())
    except StorageError as error:
        return Records(problem=error.message)


def _read(run: Run, storage: Storage, files: list[StoredFile]) -> Records:
    def of_run(prefix: str) -> dict[str, dict[str, Any]]:
        found = {}
        for file in files:
            if file.name.startswith(f"{prefix}/") and file.name.endswith(".json"):
                content = get_json(storage, file.name)
                if content.get("run") == run.id:
                    found[Path(file.name).stem] = content
        return found

    stored = next((file for file in files if file.name == REPORT_JSON), None)
    return Records(
        stages=of_run(RECORDS_FOLDER),
        tries={stage: content["tries"] for stage, content in of_run(TRIES_FOLDER).items()},
        report=_own_report(run, storage, stored) if stored else None,
    )


def _own_report(run: Run, storage: Storage, file: StoredFile) -> dict[str, Any] | None:
    """A report that does not name its run is the last thing that a run has written."""
    report: dict[str, Any] = get_json(storage, file.name)
    author, ended = report.get("run"), run.finished_at
    is_own = author == run.id if author else ended is not None and written_during(run, file, ended)
    return report if is_own else None


def written_during(run: Run, file: StoredFile, now: datetime) -> bool:
    if run.created_at is None:
        return False
    begin, end = run.created_at.timestamp(), (run.finished_at or now).timestamp()
    return begin - _CLOCKS_DIFFER_SECONDS <= file.changed_at <= end + _CLOCKS_DIFFER_SECONDS
