"""What surrounds each stage: its record, its failure, its exit status.

A stage's record is stored under the run's results as `stages/<stage>.json` by the stage itself,
because Kubeflow uploads no outputs of a component that failed. `publish` reads the records.
"""

from __future__ import annotations

import os
import signal
import sys
import time
import traceback
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from components.shared.environment import RUN_VARIABLE
from components.shared.errors import Failure, as_kubesplat_error
from components.shared.gpus import gpu_seconds
from components.shared.processes import on_signals
from components.shared.progress import Progress, reporter
from components.shared.push_metrics import push_stage_metrics
from components.shared.resources import cpu_seconds, peak_memory_bytes
from components.shared.retry import begin_try
from components.shared.run_layout import RECORDS_FOLDER, record_name
from components.shared.storage import Storage, get_json, open_storage, put_json
from components.shared.termination_log import tell_failure
from components.shared.tries import Tries, keep_time


@dataclass(slots=True)
class StageRecord:
    """What one stage leaves for `report.json`; `figures` becomes the report's part of that stage."""

    stage: str
    figures: dict[str, Any] = field(default_factory=dict)
    seconds: float = 0.0
    """Of all tries of this run; one that was killed counts up to its last heartbeat."""
    cpu_seconds: float = 0.0
    gpu_seconds: float | None = None
    """`seconds` times the GPUs that the pod holds; where none was asked for, what the stage measured."""
    peak_memory_bytes: int = 0
    """Of this try."""
    retries: int = 0
    """Tries of the same run before this one."""
    failure: Failure | None = None
    final: bool = False
    """Whether another try in this run cannot help."""

    def to_json(self) -> dict[str, Any]:
        return {
            "stage": self.stage,
            "run": os.environ.get(RUN_VARIABLE) or None,
            "figures": self.figures,
            "seconds": self.seconds,
            "cpu_seconds": self.cpu_seconds,
            "gpu_seconds": self.gpu_seconds,
            "peak_memory_bytes": self.peak_memory_bytes,
            "retries": self.retries,
            "failure": self.failure.to_json() if self.failure else None,
            "final": self.final,
        }


@contextmanager
def run_stage(stage: str, *, output: str) -> Iterator[StageRecord]:
    """Measure the block, store its record at `output`, and end the process with the failure's exit status.

    Only faces use this: a library raises and leaves the process alone.
    """
    record = StageRecord(stage)
    started, cpu_started = time.monotonic(), cpu_seconds()
    report = reporter(stage)
    with exit_on_failure(stage), on_signals([signal.SIGTERM], _exit_on_signal):
        report(Progress("start", 0.0))
        error: Exception | None = None
        before = Tries()
        try:
            begun = begin_try(record_name(stage), stage, output)
            before = begun.before
            record.retries = before.count
            begun.check()
            with keep_time(stage, before.count + 1, output):
                yield record
        except Exception as exception:
            error = exception
            note_failure(record, exception)
        record.seconds = before.seconds + time.monotonic() - started
        record.cpu_seconds = before.cpu_seconds + cpu_seconds() - cpu_started
        record.gpu_seconds = gpu_seconds(record.seconds, record.gpu_seconds)
        record.peak_memory_bytes = peak_memory_bytes()
        store_record(record, output, error)
        push_stage_metrics(stage, record.seconds, record.failure.type if record.failure else None)
        if error:
            raise error
        report(Progress("done", 1.0))


def note_failure(record: StageRecord, exception: Exception) -> Failure:
    """Put into the record why this try failed, and whether another one can help."""
    cause = as_kubesplat_error(exception)
    cause.count_tries(record.retries + 1)
    failure = cause.to_failure(record.stage)
    record.failure, record.final = failure, cause.is_final
    record.figures = record.figures or cause.figures
    return failure


def read_records(storage: Storage, stages: Iterable[str]) -> dict[str, dict[str, Any]]:
    """What this run's `stages` left, in their order; records of another run are passed over."""
    run = os.environ.get(RUN_VARIABLE)
    names = {stage: record_name(stage) for stage in stages}
    stored = {stage: get_json(storage, name) for stage, name in names.items() if storage.exists(name)}
    return {stage: record for stage, record in stored.items() if not run or record.get("run") == run}


def forget_records(output: str) -> None:
    """Delete the records of an earlier run, so that they cannot be taken for the next one's."""
    storage = open_storage(output)
    for name in storage.list_names(f"{RECORDS_FOLDER}/"):
        storage.delete(name)


@contextmanager
def exit_on_failure(stage: str) -> Iterator[None]:
    """End the process with the documented exit status if the block fails."""
    try:
        yield
    except Exception as exception:
        traceback.print_exc()
        error = as_kubesplat_error(exception)
        tell_failure(error)
        print(f"{stage} failed: {error.message}\n{error.remedy}", file=sys.stderr)
        raise SystemExit(error.exit_code) from exception


def _exit_on_signal(number: int) -> None:
    """Unwind the stack, so that half-written files are removed."""
    raise SystemExit(128 + number)


def store_record(record: StageRecord, output: str, error: Exception | None) -> None:
    """Store the record; if that fails after a failure, the first failure is the one to report."""
    try:
        put_json(open_storage(output), record_name(record.stage), record.to_json())
    except Exception:
        if error is None:
            raise
        traceback.print_exc()
