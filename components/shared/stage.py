"""What surrounds each stage: its record, its failure, its exit status.

A stage's record is stored under the run's results as `stages/<stage>.json` by the stage itself,
because Kubeflow uploads no outputs of a component that failed. `publish` reads the records.
"""

from __future__ import annotations

import os
import signal
import sys
import tempfile
import threading
import time
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType
from typing import Any

from components.shared.errors import Failure, as_kubesplat_error
from components.shared.progress import Progress, reporter
from components.shared.push_metrics import RUN_VARIABLE, push_stage_metrics
from components.shared.resources import cpu_seconds, peak_memory_bytes
from components.shared.retry import begin_try
from components.shared.storage import open_storage, put_json

RECORDS_FOLDER = "stages"


@dataclass(slots=True)
class StageRecord:
    """What one stage leaves for `report.json`; `figures` becomes the report's part of that stage."""

    stage: str
    figures: dict[str, Any] = field(default_factory=dict)
    seconds: float = 0.0
    cpu_seconds: float = 0.0
    gpu_seconds: float | None = None
    peak_memory_bytes: int = 0
    retries: int = 0
    """Tries of the same run before this one."""
    failure: Failure | None = None

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
        }


@contextmanager
def run_stage(stage: str, *, output: str) -> Iterator[StageRecord]:
    """Measure the block, store its record at `output`, and end the process with the failure's exit status.

    Only faces use this: a library raises and leaves the process alone.
    """
    record = StageRecord(stage)
    started, cpu_started = time.monotonic(), cpu_seconds()
    report = reporter(stage)
    with exit_on_failure(stage), _unwound_by_termination():
        report(Progress("start", 0.0))
        error: Exception | None = None
        try:
            record.retries = begin_try(record_name(stage), stage, output)
            yield record
        except Exception as exception:
            error = exception
            cause = as_kubesplat_error(exception)
            record.failure = cause.to_failure(stage)
            record.figures = record.figures or cause.figures
        record.seconds = time.monotonic() - started
        record.cpu_seconds = cpu_seconds() - cpu_started
        record.peak_memory_bytes = peak_memory_bytes()
        store_record(record, output, error)
        push_stage_metrics(stage, record.seconds, record.failure.type if record.failure else None)
        if error:
            raise error
        report(Progress("done", 1.0))


def record_name(stage: str) -> str:
    """Where a stage's record lies under the run's results."""
    return f"{RECORDS_FOLDER}/{stage}.json"


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
        print(f"{stage} failed: {error.message}\n{error.remedy}", file=sys.stderr)
        raise SystemExit(error.exit_code) from exception


@contextmanager
def _unwound_by_termination() -> Iterator[None]:
    """Within the block SIGTERM unwinds the stack, so that half-written files go with the process."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def end(number: int, _: FrameType | None) -> None:
        raise SystemExit(128 + number)

    previous = signal.signal(signal.SIGTERM, end)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, previous)


def store_record(record: StageRecord, output: str, error: Exception | None) -> None:
    """Store the record; if that fails after a failure, the first failure is the one to report."""
    try:
        with tempfile.TemporaryDirectory() as scratch:
            put_json(open_storage(output), record_name(record.stage), record.to_json(), Path(scratch))
    except Exception:
        if error is None:
            raise
        traceback.print_exc()
