"""The hidden folder beside a run's results, while the run is under way."""

from __future__ import annotations

import fcntl
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from components.shared.errors import StorageError, as_kubesplat_error

PRIVATE_FOLDER = ".kubesplat"
"""Holds intermediate results, training checkpoints and the lock."""

_PREFIX = "kubesplat-work-"


@contextmanager
def scratch_folder(output: Path | None, work: Path | None) -> Iterator[Path]:
    """A folder for intermediate results: `work`, which is kept, or one that goes with the run.

    `output` None stands for results in S3; then the system's folder for temporary files is used.
    Call it within `sole_run`.
    """
    if work is not None:
        yield work.absolute()
        return
    parent = output / PRIVATE_FOLDER if output else None
    for stale in parent.glob(f"{_PREFIX}*") if parent else ():
        shutil.rmtree(stale, ignore_errors=True)  # of a run that was killed; `sole_run` knows it is gone
    scratch = Path(tempfile.mkdtemp(prefix=_PREFIX, dir=parent)).absolute()
    try:
        yield scratch
    finally:
        shutil.rmtree(scratch, ignore_errors=True)


@contextmanager
def sole_run(output: Path | None) -> Iterator[None]:
    """Keep a second run away from the same results; at the end the private folder goes if it is empty.

    Raises:
        StorageError: another run writes to `output`, or it cannot be written.
    """
    if output is None:
        yield
        return
    lock = output / PRIVATE_FOLDER / "lock"
    try:
        lock.parent.mkdir(parents=True, exist_ok=True)
        file = lock.open("w")
    except OSError as error:
        raise as_kubesplat_error(error) from error
    with file:
        _take(file.fileno(), output)
        try:
            yield
        finally:
            lock.unlink(missing_ok=True)
            if lock.parent.exists() and not any(lock.parent.iterdir()):
                lock.parent.rmdir()


def _take(lock: int, output: Path) -> None:
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        raise StorageError(
            f"another run is writing to {output}",
            remedy="Wait until it has ended, or choose another --output.",
        ) from error
