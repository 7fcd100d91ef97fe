"""What the first task of a run does beside checking settings."""

from __future__ import annotations

import os
import time
from typing import Any

from components.ingest.source.list_source import capture_fingerprint, list_source
from components.shared.environment import RUN_VARIABLE
from components.shared.run_layout import PROGRESS_JSON
from components.shared.stage import delete_records
from components.shared.storage import open_storage


def describe_capture(capture: str, reuse_days: int) -> dict[str, Any]:
    """The listing of a capture with its fingerprint, as JSON has it.

    Raises:
        InputError: nothing is there.
    """
    files = list_source(capture).files
    return {
        "schema": 1,
        "capture": capture,
        "fingerprint": capture_fingerprint(capture, files, reuse_days=reuse_days, now=time.time()),
        "reuse_days": reuse_days,
        "files": [{"name": file.name, "bytes": file.bytes, "version": file.version} for file in files],
    }


def forget_earlier_run(output: str) -> None:
    """On a cluster, delete the stages' records and the progress of an earlier run to the same place.

    On one machine the program that starts the run deletes those that it does not resume from.
    """
    if os.environ.get(RUN_VARIABLE):
        delete_records(output)
        open_storage(output).delete(PROGRESS_JSON)
