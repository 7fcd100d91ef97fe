"""The hidden folder beside the results of a run in progress: its lock and intermediate results."""

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
    resumes: bool
    """The folder holds intermediate results of an interrupted run of the same capture."""
    keep: bool
    """Whether the folder outlives this run."""


@contextmanager
def scratch_folder(output: Path | None, work: Path | None, state: str | None) -> Iterator[Scratch]:
    """Yield a folder for intermediate results, which is deleted after the run unless it is inside `work`.

    Args:
        output: folder of the results, which holds the hidden folder; None, for results in S3: the folder is
            in the system's folder for temporary files.
        work: folder that keeps the intermediate results.
        state: identifies the capture. With it, the folder of an interrupted run is kept, and the next run of
            the same capture resumes from it. None: never kept.

    Call it within `lock_output`.
    """
    parent = work or (output / PRIVATE_FOLDER if output else None)
    if parent:
        path = parent.absolute() / f"{_PREFIX}{state or 'once'}"
        _remove_others(parent, keep=path if state else None)
    else:
        path = Path(mkdtemp(prefix=_PREFIX))
    reusable = parent is not None and state is not None
    scratch = Scratch(path, resumes=reusable and path.exists(), keep=work is not None)
    path.mkdir(parents=True, exist_ok=True)
    try:
        yield scratch
    except KeyboardInterrupt:
        scratch.keep |= reusable
        raise
    finally:
        if not scratch.keep:
            shutil.rmtree(path, ignore_errors=True)


def _remove_others(parent: Path, *, keep: Path | None) -> None:
    """Delete the intermediate results of other captures."""
    for folder in parent.absolute().glob(f"{_PREFIX}*"):
        if folder != keep:
            shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def lock_output(output: Path | None) -> Iterator[None]:
    """Lock `output` against other runs during the block; then delete the hidden folder if it is empty.

    Raises:
        StorageError: another run writes to `output`, or the lock file cannot be written.
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
        _lock(file.fileno(), output)
        try:
            yield
        finally:
            lock.unlink(missing_ok=True)
            if lock.parent.exists() and not any(lock.parent.iterdir()):
                lock.parent.rmdir()


def _lock(lock: int, output: Path) -> None:
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        raise StorageError(
            f"another run is writing to {output}",
            remedy="Wait until it has ended, or choose another --output.",
        ) from error
