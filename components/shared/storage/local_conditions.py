"""Conditional writes to files of a folder.

A new file is linked to its name, which fails where the name is taken. To replace a file, its inode is locked:
whoever waited for the lock finds another inode under the name, or another content, and comes too late.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
from pathlib import Path
from tempfile import TemporaryDirectory

from components.shared.files import atomic_path
from components.shared.storage.interface import ConflictError


def version_of(content: bytes) -> str:
    """Version of a file with this content; like an ETag it depends on nothing else."""
    return hashlib.sha256(content).hexdigest()[:32]


def write_if(path: Path, data: bytes, version: str | None) -> str:
    """Write `path` if its content has `version`; None: if there is no such file. Returns the new version.

    Raises:
        ConflictError: the condition is not met.
    """
    try:
        if version is None:
            _create(path, data)
        else:
            _replace(path, data, version)
    except (FileExistsError, FileNotFoundError) as error:
        raise _conflict(path) from error
    return version_of(data)


def _create(path: Path, data: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(prefix=f".{path.name}.", dir=path.parent) as folder:
        whole = Path(folder) / path.name
        with atomic_path(whole) as temporary:
            temporary.write_bytes(data)
        os.link(whole, path)


def _replace(path: Path, data: bytes, version: str) -> None:
    with path.open("r+b") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        is_current = os.fstat(file.fileno()).st_ino == path.stat().st_ino
        if not is_current or version_of(file.read()) != version:
            raise _conflict(path)
        with atomic_path(path) as temporary:
            temporary.write_bytes(data)


def _conflict(path: Path) -> ConflictError:
    return ConflictError(
        f"{path} was written by another process at the same time",
        remedy="Run again: it then sees what the other one wrote.",
    )
