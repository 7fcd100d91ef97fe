"""Run the worker, pass its progress on, and turn whatever ended it into a typed error."""

from __future__ import annotations

import json
import pickle
import re
import shutil
import signal
import subprocess
import sys
from collections import deque
from pathlib import Path
from typing import Any

from components.shared.errors import InternalError, KubesplatError, OutOfMemoryError, StorageError
from components.shared.files import write_json
from components.shared.progress import OnProgress, Progress

_LOG_LINES = 5
_NOISE = re.compile(r"\s*(@ |\*\*\*|I\d{8} |$)")  # stack traces, and what COLMAP says of its progress
_LEAST_DISK_BYTES = 2**20
_WORDS_OF_FULL_MEMORY = ("bad_alloc", "Cannot allocate memory")
_WORDS_OF_A_FULL_DISK = ("No space left on device", "disk is full", "disk I/O error", "out of disk space")


def run_worker(
    job: dict[str, Any], folder: Path, on_progress: OnProgress, module: str = "components.sfm.worker"
) -> None:
    """Run `module` with `job`; `folder` gets its log. The worker ends when this process does, in any way.

    Raises:
        KubesplatError: what the worker raised.
        OutOfMemoryError: the system killed it.
        StorageError: its disk is full.
        InternalError: it aborted.
    """
    failure, log = folder / "failure.pickle", folder / "colmap.log"
    write_json(folder / "job.json", {**job, "failure": str(failure)})
    with log.open("wb") as sink:
        child = subprocess.Popen(
            [sys.executable, "-m", module, str(folder / "job.json")],
            stdin=subprocess.PIPE,  # its end tells the worker that nobody waits for it any more
            stdout=subprocess.PIPE,
            stderr=sink,
            text=True,
        )
        with child:
            try:
                _follow(child, on_progress)
            finally:
                child.kill()
    if failure.exists():
        error: KubesplatError = pickle.loads(failure.read_bytes())
        raise error
    if child.returncode != 0:
        raise _ended(child.returncode, log)


def _follow(child: subprocess.Popen[str], on_progress: OnProgress) -> None:
    assert child.stdout is not None, "the worker's output is a pipe"
    for line in child.stdout:
        on_progress(Progress(**json.loads(line)))
    child.wait()


def _ended(status: int, log: Path) -> KubesplatError:
    last_words = _last_words(log)
    if status == -signal.SIGKILL or any(words in last_words for words in _WORDS_OF_FULL_MEMORY):
        return OutOfMemoryError(
            "structure from motion was killed by the system, most likely because memory ran out",
            remedy="Give it more memory, or run it on fewer photos.",
        )
    is_full = shutil.disk_usage(log.parent).free < _LEAST_DISK_BYTES
    if is_full or any(words in last_words for words in _WORDS_OF_A_FULL_DISK):
        return StorageError(
            f"the disk for temporary files is full ({log.parent})",
            remedy="Free disk space, or set TMPDIR to a folder on a larger disk.",
        )
    how = signal.Signals(-status).name if status < 0 else f"status {status}"
    return InternalError(
        f"COLMAP ended with {how}. Its last words:\n{last_words}",
        remedy="This is a fault of the software, not of your photos: report it with the run's log.",
    )


def _last_words(log: Path) -> str:
    """The end of the log, as far as it tells what went wrong."""
    with log.open(encoding="utf-8", errors="replace") as file:
        spoken = (line for line in file if not _NOISE.match(line))
        return "".join(deque(spoken, maxlen=_LOG_LINES)).strip()
