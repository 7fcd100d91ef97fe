"""Atomic writes: a file appears whole or not at all, by a temporary name, fsync and rename."""

from __future__ import annotations

import errno
import json
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
_TRIES = 20


@contextmanager
def atomic_path(path: Path) -> Iterator[Path]:
    """Yield a temporary path in the same folder, renamed to `path` if the block succeeds, else deleted."""
    with _path_in_errors(path, path.parent):
        temporary = _new_file_beside(path)
    try:
        with _path_in_errors(path, temporary):
            yield temporary
            _flush_to_disk(temporary)
            temporary.chmod(0o644)
            os.replace(temporary, path)
    finally:
        temporary.unlink(missing_ok=True)


def _new_file_beside(path: Path) -> Path:
    """An empty file in the folder of `path`, which is made; another process may remove it while empty."""
    for _ in range(_TRIES):
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            handle, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
        except (FileNotFoundError, FileExistsError) as error:  # the latter: it was there, and is gone
            removed = error
        else:
            os.close(handle)
            return Path(name)
    raise removed


@contextmanager
def atomic_folder(path: Path) -> Iterator[Path]:
    """Like `atomic_path` for a folder; an existing folder of that name is replaced."""
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = Path(tempfile.mkdtemp(prefix=f".{path.name}.", dir=path.parent))
    try:
        yield temporary
        if path.exists():
            shutil.rmtree(path)
        temporary.chmod(0o755)
        os.replace(temporary, path)
    finally:
        shutil.rmtree(temporary, ignore_errors=True)


@contextmanager
def _path_in_errors(path: Path, temporary: Path) -> Iterator[None]:
    """Replace the file name of errors by `path`: a full disk gives none, other errors the temporary one."""
    try:
        yield
    except OSError as error:
        named = str(error.filename2 or error.filename or "")
        if error.errno in _FULL or named.startswith(str(temporary)):
            error.filename, error.filename2 = str(path), None
        raise


def format_json(value: Any) -> str:
    """Indented JSON with a final newline; NaN and infinity, which are no JSON, raise a ValueError."""
    return json.dumps(value, indent=2, ensure_ascii=False, allow_nan=False) + "\n"


def write_text(path: Path, text: str) -> None:
    """Write UTF-8 text atomically."""
    with atomic_path(path) as temporary:
        temporary.write_text(text, encoding="utf-8")


def write_json(path: Path, value: Any) -> None:
    """Write indented UTF-8 JSON atomically."""
    write_text(path, format_json(value))


def read_json(path: Path) -> Any:
    return json.loads(path.read_text(encoding="utf-8"))


def _flush_to_disk(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
