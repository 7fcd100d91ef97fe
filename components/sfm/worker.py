"""The worker process: `python -m components.sfm.worker JOB FAILURE`, two JSON files.

COLMAP aborts its process on some inputs, so it runs in a process of its own. Progress goes to standard output
as JSON lines, a typed failure to the file FAILURE, COLMAP's log to standard error.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable
from dataclasses import asdict
from importlib import import_module
from pathlib import Path
from threading import Thread
from typing import TextIO

# Before pycolmap: where pycolmap is imported first, Pillow's PNG encoder calls its zlib and hangs or aborts.
from PIL import Image

import pycolmap  # isort: skip

from components.sfm.build_scene import build_scene
from components.sfm.run_worker import Job, write_failure
from components.shared.errors import InternalError, as_kubesplat_error
from components.shared.processes import end_with_parent
from components.shared.progress import OnProgress, Progress


def main(job_path: Path, failure_path: Path, work: Callable[[Job, OnProgress], None]) -> None:
    """Do `work` in this process; the arguments are files."""
    end_with_parent()
    _write_no_log_files()
    Image.MAX_IMAGE_PIXELS = None  # ingest has checked the sizes; Pillow's limit is below that of phones
    job = Job.read(job_path)
    output = _reserve_standard_output()

    def send(progress: Progress) -> None:
        output.write(json.dumps(asdict(progress)) + "\n")
        output.flush()

    try:
        work(job, send)
    except Exception as error:
        cause = as_kubesplat_error(error)
        if isinstance(cause, InternalError) and cause is not error:
            raise  # the log gets the traceback
        write_failure(failure_path, cause)


def _write_no_log_files() -> None:
    """Without this, COLMAP leaves a copy of its log in the folder of temporary files after each run."""
    for level in ("INFO", "WARNING", "ERROR", "FATAL"):
        pycolmap.logging.set_log_destination(getattr(pycolmap.logging.Level, level), "")


def _build(job: Job, on_progress: OnProgress) -> None:
    # Its import takes half a second, in which features are extracted.
    Thread(target=import_module, args=["numba"], name="load numba").start()
    build_scene(job.capture, job.scene, job.scratch, job.settings, on_progress, job.snapshots)


def _reserve_standard_output() -> TextIO:
    """Standard output for progress alone: anything else that is printed goes to standard error."""
    output = os.fdopen(os.dup(sys.stdout.fileno()), "w", encoding="utf-8")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    return output


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]), _build)
