"""The stages' records, counts of tries and the report of a run, read from its output."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from components.shared.contracts.record import StageRecord, TryCount
from components.shared.contracts.report import Report, StageCost
from components.shared.errors import Failure, InputError, StorageError
from components.shared.run_layout import REPORT_JSON, TRIES_FOLDER, record_name
from components.shared.stages import STAGE_NAMES
from components.shared.storage import Storage, StoredFile, is_s3, open_storage
from pipelines.client.runs import Run

_CLOCK_SKEW_SECONDS = 300.0


@dataclass(frozen=True, slots=True)
class RunRecords:
    """Files that this run wrote; the output may also hold files of an earlier run."""

    stages: dict[str, StageRecord] = field(default_factory=dict)
    """Record of each stage."""
    tries: dict[str, int] = field(default_factory=dict)
    """Number of started tries of each stage."""
    report: Report | None = None
    """Content of `report.json`."""
    problem: str = ""
    """Why the output could not be read."""

    def failure_of(self, stage: str) -> Failure | None:
        """Failure of the last try that wrote a record, from the report or the stage's own record."""
        reported = self.report.failure if self.report else None
        if reported and reported.stage == stage:
            return reported
        return self.stages[stage].failure if stage in self.stages else None

    def tries_of(self, stage: str) -> int:
        """Number of started tries, as far as they were recorded; 0: unknown."""
        record = self.stages.get(stage) or self._reported(stage)
        recorded = 0 if record is None or record.retries is None else record.retries + 1
        return max(recorded, self.tries.get(stage, 0))

    def is_outdated(self, stage: str, ended: int) -> bool:
        """Whether the stage's record is older than the last of its `ended` tries."""
        record = self.stages.get(stage)
        return record is not None and ended > record.retries + 1

    def is_final(self, stage: str) -> bool:
        """Whether the stage failed in a way that another try cannot change."""
        record = self.stages.get(stage)
        if record is None or record.failure is None:
            return False
        return record.final or not record.failure.retryable

    def seconds_of(self, stage: str) -> float | None:
        """Duration of all tries; None: the stage has not ended, or the duration was not recorded."""
        record = self.stages.get(stage) or self._reported(stage)
        return record.seconds if record else None

    def is_reused(self, stage: str) -> bool:
        reported = self._reported(stage)
        return bool(reported and reported.cached)

    def _reported(self, stage: str) -> StageCost | None:
        return self.report.stages.get(stage) if self.report else None


def read_run_records(run: Run, output: str | None) -> RunRecords:
    """The files of `run` at `output`. Errors are returned as `problem`."""
    if output is None:
        return RunRecords()
    if not is_s3(output):
        return RunRecords(problem=f"the results are in {output} on the cluster, not in S3")
    try:
        storage = open_storage(output)
        return _read(run, storage, storage.list_files())
    except (StorageError, InputError) as error:
        return RunRecords(problem=error.message)


def _read(run: Run, storage: Storage, files: list[StoredFile]) -> RunRecords:
    names = {file.name for file in files}
    stored_records = [name for name in map(record_name, STAGE_NAMES) if name in names]
    stored_counts = sorted(name for name in names if name.startswith(f"{TRIES_FOLDER}/"))
    records = [StageRecord.parse(storage.read_bytes(name), name) for name in stored_records]
    counts = [TryCount.parse(storage.read_bytes(name), name) for name in stored_counts]
    stored = next((file for file in files if file.name == REPORT_JSON), None)
    return RunRecords(
        stages={record.stage: record for record in records if record.run == run.id},
        tries={count.stage: count.tries for count in counts if count.run == run.id},
        report=_own_report(run, storage, stored) if stored else None,
    )


def _own_report(run: Run, storage: Storage, file: StoredFile) -> Report | None:
    """The report if `run` wrote it: it names its run, or it was written when the run ended."""
    report, ended = Report.parse(storage.read_bytes(file.name), file.name), run.finished_at
    is_own = report.run == run.id if report.run else ended is not None and written_during(run, file, ended)
    return report if is_own else None


def written_during(run: Run, file: StoredFile, now: datetime) -> bool:
    """Whether the file was changed while the run ran, within 5 minutes of clock skew."""
    if run.created_at is None:
        return False
    begin, end = run.created_at.timestamp(), (run.finished_at or now).timestamp()
    return begin - _CLOCK_SKEW_SECONDS <= file.changed_at <= end + _CLOCK_SKEW_SECONDS
