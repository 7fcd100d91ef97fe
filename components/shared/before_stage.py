"""Execution of a task that belongs to a stage and runs before it."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager

from components.shared.contracts.record import StageRecord
from components.shared.environment import RUN_VARIABLE
from components.shared.push_metrics import push_stage_metrics
from components.shared.retry import begin_try
from components.shared.run_layout import record_name
from components.shared.stage import as_final_cause, exit_on_failure, store_record


@contextmanager
def before_stage(stage: str, task: str, *, output: str) -> Iterator[None]:
    """Store a failure of the block as the failure of `stage`; a success stores only the number of tries.

    As in `run_stage`, a failure ends the process with its exit status.
    """
    started = time.monotonic()
    with exit_on_failure(stage):
        begun = begin_try(record_name(stage), task, output)
        retries = begun.earlier.count
        try:
            begun.check_limit()
            yield
        except Exception as error:
            cause = as_final_cause(error, retries + 1)
            record = StageRecord(
                stage=stage,
                run=os.environ.get(RUN_VARIABLE) or None,
                retries=retries,
                failure=cause.to_failure(stage),
                final=cause.is_final,
            )
            store_record(record, output, error)
            push_stage_metrics(task, time.monotonic() - started, type(cause).__name__, output)
            raise
        push_stage_metrics(task, time.monotonic() - started, None, output)
