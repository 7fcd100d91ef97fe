"""Runs the worker process, follows its progress, and turns whatever ends it into a typed error."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import sys
from collections import deque
from dataclasses import dataclass
from pathlib import Path

from components.sfm.settings import SfmSettings
from components.shared.errors import (
    Failure,
    InternalError,
    KubesplatError,
    OutOfMemoryError,
    ReconstructionError,
    StorageError,
    error_from,
)
from components.shared.files import read_json, write_json
from components.shared.processes import follow_output, start_process, stopped_after
from components.shared.progress import OnProgress, Progress

_LOG_LINES = 5
_HARD_LIMIT = 1.5
"""Of the time limit, which the worker keeps between attempts: COLMAP's steps cannot be interrupted."""
_NOISE = re.compile(r"\s*(@ |\*\*\*|I\d{8} |$)")  # stack traces and COLMAP's informational messages
_MIN_FREE_BYTES = 2**20
_OUT_OF_MEMORY = ("bad_alloc", "Cannot allocate memory")
_DISK_FULL = ("No space left on device", "disk is full", "disk I/O error", "out of disk space")


@dataclass(frozen=True, slots=True)
class Job:
    """Arguments of `build_scene`, as they cross the process boundary."""

    capture: Path
    scene: Path
    scratch: Path
    settings: SfmSettings
    snapshots: str = ""

    def write(self, path: Path) -> None:
        folders = {name: str(getattr(self, name)) for name in ("capture", "scene", "scratch")}
        write_json(path, {**folders, "settings": self.settings.model_dump(), "snapshots": self.snapshots})

    @classmethod
    def read(cls, path: Path) -> Job:
        content = read_json(path)
        capture, scene, scratch = (Path(content[name]) for name in ("capture", "scene", "scratch"))
        settings = SfmSettings(**content["settings"])
        return cls(capture, scene, scratch, settings, content["snapshots"])


def run_worker(
    job: Job, folder: Path, on_progress: OnProgress, module: str = "components.sfm.worker"
) -> None:
    """Run `python -m module JOB FAILURE`; `folder` gets these two files and COLMAP's log.

    The worker ends when this process ends for any reason.

    Raises:
        KubesplatError: the worker raised it.
        ReconstructionError: the time limit has passed, and the worker was stopped.
        OutOfMemoryError: the system killed the worker.
        StorageError: the worker's disk is full.
        InternalError: the worker aborted.
    """
    job_path, failure, log = folder / "job.json", folder / "failure.json", folder / "colmap.log"
    job.write(job_path)
    command = [sys.executable, "-m", module, str(job_path), str(failure)]
    limit = _HARD_LIMIT * 60 * job.settings.max_minutes
    # Photos are matched by one thread per CPU, each with products of its own.
    environment = {**os.environ, "OPENBLAS_NUM_THREADS": "1"}
    with (
        start_process(command, log=log, environment=environment, pipe_output=True) as child,
        stopped_after(limit, child) as stopped,
    ):
        status = follow_output(child, lambda line: on_progress(Progress(**json.loads(line))))
    if failure.exists():
        raise read_failure(failure)
    if stopped.is_set():
        raise _time_is_up(job.settings)
    if status != 0:
        raise _error_of_status(status, log)


def _time_is_up(settings: SfmSettings) -> ReconstructionError:
    return ReconstructionError(
        f"structure from motion found no scene within its time limit of {settings.max_minutes:g} minutes",
        remedy="Raise sfm.max_minutes, give the task more CPUs, or run it on fewer photos.",
    )


def write_failure(path: Path, error: KubesplatError) -> None:
    """Write an exception and its figures as JSON."""
    write_json(path, {"failure": error.to_failure("sfm").to_json(), "figures": error.figures})


def read_failure(path: Path) -> KubesplatError:
    """The exception that `write_failure` wrote."""
    content = read_json(path)
    error = error_from(Failure(**content["failure"]))
    error.figures = content["figures"]
    return error


def _error_of_status(status: int, log: Path) -> KubesplatError:
    last_lines = _last_lines(log)
    if status == -signal.SIGKILL or any(words in last_lines for words in _OUT_OF_MEMORY):
        return OutOfMemoryError(
            "structure from motion was killed by the system, most likely because memory ran out",
            remedy="Give it more memory, or run it on fewer photos.",
        )
    is_full = shutil.disk_usage(log.parent).free < _MIN_FREE_BYTES
    if is_full or any(words in last_lines for words in _DISK_FULL):
        return StorageError(
            f"the disk for temporary files is full ({log.parent})",
            remedy="Free disk space, or set TMPDIR to a folder on a larger disk.",
        )
    how = signal.Signals(-status).name if status < 0 else f"status {status}"
    return InternalError(
        f"COLMAP ended with {how}. The last lines of its log:\n{last_lines}",
        remedy="This is a fault of the software, not of your photos: report it with the run's log.",
    )


def _last_lines(log: Path) -> str:
    """The end of the log, without stack traces and informational messages."""
    with log.open(encoding="utf-8", errors="replace") as file:
        lines = (line for line in file if not _NOISE.match(line))
        return "".join(deque(lines, maxlen=_LOG_LINES)).strip()
