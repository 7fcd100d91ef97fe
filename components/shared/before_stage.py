"""What surrounds a task that belongs to a stage and runs before it."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager

from components.shared.push_metrics import push_stage_metrics
from components.shared.retry import begin_try
from components.shared.run_layout import record_name
from components.shared.stage import StageRecord, exit_on_failure, note_failure, store_record


@contextmanager
def before_stage(stage: str, task: str, *, output: str) -> Iterator[None]:
    """Its failure is recorded as the failure of `stage`; a success leaves nothing but a count of tries.

    Like `run_stage` it ends the process with the failure's exit status.
    """
    started = time.monotonic()
    with exit_on_failure(stage):
        begun = begin_try(record_name(stage), task, output)
        record = StageRecord(stage, retries=begun.before.count)
        try:
            begun.check()
            yield
        except Exception as error:
            failure = note_failure(record, error)
            store_record(record, output, error)
            push_stage_metrics(task, time.monotonic() - started, failure.type)
            raise
        push_stage_metrics(task, time.monotonic() - started, None)
