"""Execution of one stage in its process: time, record, failure and exit status.

A stage stores its record at the run's output itself, because Kubeflow uploads no outputs of a component that
failed. `components.publish` builds the report from the records.
"""

from __future__ import annotations

import os
import signal
import sys
import traceback
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field

from pydantic import JsonValue

from components.shared.contracts.contract import Contract
from components.shared.contracts.record import StageRecord
from components.shared.environment import RUN_VARIABLE
from components.shared.errors import KubesplatError, as_kubesplat_error, exit_code_of
from components.shared.gpus import gpu_seconds
from components.shared.processes import on_signals
from components.shared.progress import Progress, reporter
from components.shared.push_metrics import push_stage_metrics
from components.shared.resources import peak_memory_bytes
from components.shared.retry import FinalFailureError, begin_try
from components.shared.run_layout import RECORDS_FOLDER, record_name
from components.shared.share_progress import share_progress
from components.shared.stage_clock import StageClock
from components.shared.storage import Storage, open_storage, put_json
from components.shared.termination_log import log_failure, write_termination_log
from components.shared.tries import Tries, keep_time


@dataclass(slots=True)
class StageRun:
    """One try of a stage. The stage sets what its record shall contain; times and memory are measured."""

    stage: str
    figures: Contract | Mapping[str, JsonValue] = field(default_factory=dict)
    """The stage's part of `report.json`."""
    settings: dict[str, JsonValue] = field(default_factory=dict)
    """Every setting of the stage by name, defaults resolved."""
    versions: dict[str, str] = field(default_factory=dict)
    """Version of each package that the result depends on, by the package's name."""
    gpu_seconds: float | None = None
    """GPU time as the stage measured it; used where the task requests no GPU."""
    earlier: Tries = field(default_factory=Tries)
    """Tries of the stage in the same run before this one."""
    clock: StageClock = field(default_factory=StageClock)

    @property
    def retries(self) -> int:
        """Number of tries of the stage in the same run before this one."""
        return self.earlier.count

    def to_record(self, error: KubesplatError | None) -> StageRecord:
        """The record of this try, which ended now: with `error`, or successfully where it is None."""
        seconds = self.earlier.seconds + self.clock.seconds()
        return StageRecord(
            stage=self.stage,
            run=os.environ.get(RUN_VARIABLE) or None,
            figures=_to_json(self.figures) or (error.figures if error else {}),
            settings=self.settings,
            versions=self.versions,
            seconds=seconds,
            cpu_seconds=self.earlier.cpu_seconds + self.clock.cpu_seconds(),
            gpu_seconds=gpu_seconds(seconds, self.gpu_seconds),
            peak_memory_bytes=peak_memory_bytes(),
            retries=self.retries,
            failure=error.to_failure(self.stage) if error else None,
            final=error is not None and error.is_final,
        )


def _to_json(figures: Contract | Mapping[str, JsonValue]) -> dict[str, JsonValue]:
    return figures.to_json() if isinstance(figures, Contract) else dict(figures)


@contextmanager
def run_stage(stage: str, *, output: str) -> Iterator[StageRun]:
    """Measure the block and store its record at `output`; a failure ends the process with its exit status.

    Only KFP components use this: a library raises and does not end the process.
    """
    run = StageRun(stage)
    report = reporter(stage)
    with (
        exit_on_failure(stage),
        on_signals((signal.SIGTERM,), _exit_on_signal),
        share_progress(stage, output),
    ):
        report(Progress("start", 0.0))
        error: Exception | None = None
        try:
            begun = begin_try(record_name(stage), stage, output)
            run.earlier = begun.earlier
            begun.check_limit()
            with keep_time(stage, run.retries + 1, output, run.clock):
                yield run
        except FinalFailureError:
            raise
        except Exception as exception:
            error = exception
        record = run.to_record(as_final_cause(error, run.retries + 1) if error else None)
        store_record(record, output, error)
        push_stage_metrics(stage, record.seconds, record.failure.type if record.failure else None, output)
        if error:
            raise error
        report(Progress("done", 1.0))


def as_final_cause(exception: Exception, tries: int) -> KubesplatError:
    """The failure that ended the last of `tries` tries; final if the run gains nothing from another one."""
    cause = as_kubesplat_error(exception)
    cause.count_tries(tries)
    return cause


def read_records(storage: Storage, stages: Iterable[str]) -> dict[str, StageRecord]:
    """Records of `stages` by name, in that order; only those that this run stored."""
    run = os.environ.get(RUN_VARIABLE)
    names = {stage: record_name(stage) for stage in stages}
    stored = {
        stage: StageRecord.parse(storage.read_bytes(name), name)
        for stage, name in names.items()
        if storage.exists(name)
    }
    return {stage: record for stage, record in stored.items() if not run or record.run == run}


def delete_records(output: str) -> None:
    """Delete the records of an earlier run, so that the next run does not read them as its own."""
    storage = open_storage(output)
    for name in storage.list_names(f"{RECORDS_FOLDER}/"):
        storage.delete(name)


@contextmanager
def exit_on_failure(stage: str) -> Iterator[None]:
    """End the process with the documented exit status if the block fails."""
    try:
        yield
    except FinalFailureError as error:
        failure = error.failure
        print(f"{stage} failed: {failure.message}\n{failure.remedy}\n{error}", file=sys.stderr)
        write_termination_log(failure.type, failure.message, final=True)
        raise SystemExit(exit_code_of(failure.type)) from None
    except Exception as exception:
        traceback.print_exc()
        cause = as_kubesplat_error(exception)
        log_failure(cause)
        print(f"{stage} failed: {cause.message}\n{cause.remedy}", file=sys.stderr)
        raise SystemExit(cause.exit_code) from exception


def _exit_on_signal(number: int) -> None:
    """Unwind the stack, so that half-written files are removed."""
    raise SystemExit(128 + number)


def store_record(record: StageRecord, output: str, error: Exception | None) -> None:
    """Store the record; if that fails after `error`, keep `error` as the one to report."""
    try:
        put_json(open_storage(output), record_name(record.stage), record.to_json())
    except Exception:
        if error is None:
            raise
        traceback.print_exc()
