"""The hidden folder beside a run's results, while the run is under way."""

from __future__ import annotations

import fcntl
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import mkdtemp

from components.shared.errors import StorageError, as_kubesplat_error
from components.shared.run_layout import LOCK_FILE, PRIVATE_FOLDER

_PREFIX = "kubesplat-work-"


@dataclass(slots=True)
class Scratch:
    """A run's folder for intermediate results."""

    path: Path
    goes_on: bool
    """It holds what an interrupted run of the same capture made."""
    keep: bool
    """Whether the folder outlives this run."""


@contextmanager
def scratch_folder(output: Path | None, work: Path | None, state: str | None) -> Iterator[Scratch]:
    """A folder for intermediate results: inside `work`, where it stays, or one that goes with the run.

    `output` None stands for results in S3: then it lies in the system's folder for temporary files.
    `state` tells captures apart; with one, the folder outlives an interrupt, and a run of the same
    capture finds it again. Call within `sole_run`.
    """
    parent = work or (output / PRIVATE_FOLDER if output else None)
    if parent:
        path = parent.absolute() / f"{_PREFIX}{state or 'once'}"
        _remove_all(parent, besides=path if state else None)
    else:
        path = Path(mkdtemp(prefix=_PREFIX))
    reusable = parent is not None and state is not None
    scratch = Scratch(path, goes_on=reusable and path.exists(), keep=work is not None)
    path.mkdir(parents=True, exist_ok=True)
    try:
        yield scratch
    except KeyboardInterrupt:
        scratch.keep |= reusable
        raise
    finally:
        if not scratch.keep:
            shutil.rmtree(path, ignore_errors=True)


def _remove_all(parent: Path, *, besides: Path | None) -> None:
    """Remove what runs of other captures left."""
    for folder in parent.absolute().glob(f"{_PREFIX}*"):
        if folder != besides:
            shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def sole_run(output: Path | None) -> Iterator[None]:
    """Keep a second run away from the same results; at the end the private folder goes if it is empty.

    Raises:
        StorageError: another run writes to `output`, or it cannot be written.
    """
    if output is None:
        yield
        return
    lock = output / LOCK_FILE
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
