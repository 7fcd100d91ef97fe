"""Run the worker, pass its progress on, and turn whatever ended it into a typed error."""

from __future__ import annotations

import json
import pickle
import signal
import subprocess
import sys
from collections import deque
from pathlib import Path
from typing import Any

from components.shared.errors import InternalError, KubesplatError, OutOfMemoryError
from components.shared.files import write_json
from components.shared.progress import OnProgress, Progress

_LOG_LINES = 5


def run_worker(
    job: dict[str, Any], folder: Path, on_progress: OnProgress, module: str = "components.sfm.worker"
) -> None:
    """Run `module` with `job`; `folder` gets its log.

    Raises:
        KubesplatError: what the worker raised.
        OutOfMemoryError: the system killed it.
        InternalError: it aborted.
    """
    failure, log = folder / "failure.pickle", folder / "colmap.log"
    write_json(folder / "job.json", {**job, "failure": str(failure)})
    with log.open("wb") as sink:
        child = subprocess.Popen(
            [sys.executable, "-m", module, str(folder / "job.json")],
            stdout=subprocess.PIPE,
            stderr=sink,
            text=True,
        )
        try:
            _follow(child, on_progress)
        finally:
            child.kill()
            child.wait()
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
    if status == -signal.SIGKILL:
        return OutOfMemoryError(
            "structure from motion was killed by the system, most likely because memory ran out",
            remedy="Give it more memory, or lower the number of photos or their size (--max-image-px).",
        )
    how = signal.Signals(-status).name if status < 0 else f"status {status}"
    with log.open(encoding="utf-8", errors="replace") as file:
        tail = "".join(deque(file, maxlen=_LOG_LINES)).strip()
    return InternalError(
        f"COLMAP ended with {how}. Its last words:\n{tail}",
        remedy="This is a fault of the software, not of your photos: report it with the run's log.",
    )
