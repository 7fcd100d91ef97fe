"""Checkpoints of training, stored under a key of scene and settings. The last two are kept."""

from __future__ import annotations

import hashlib
import json
import logging
import pickle
import re
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import torch

from components.shared.errors import StorageError, as_kubesplat_error
from components.shared.foreign_errors import is_out_of_memory
from components.shared.run_layout import CHECKPOINTS
from components.shared.storage import open_storage

_FORMAT = 5
_KEPT = 2
_NAME = re.compile(r"step-(\d{8})-([0-9a-f]{16})\.pt")
_log = logging.getLogger(__name__)


def checkpoint_key(scene_hash: str, *decisions: Any) -> str:
    """Key of the trainings that may resume from each other's checkpoints: of equal scenes and decisions."""
    digest = hashlib.sha256(json.dumps([_FORMAT, *decisions], sort_keys=True, default=str).encode())
    digest.update(scene_hash.encode())
    return digest.hexdigest()[:16]


def hash_folder(folder: Path) -> str:
    """SHA-256 of the names and contents of all files."""
    digest = hashlib.sha256()
    for path in sorted(path for path in folder.rglob("*") if path.is_file()):
        digest.update(f"{path.relative_to(folder)} {sha256(path)}\n".encode())
    return digest.hexdigest()


class Checkpoints:
    """Files `checkpoints/<key>/step-<step>-<hash of the content>.pt` in a folder or under an S3 prefix."""

    def __init__(self, uri: str, key: str) -> None:
        self._storage = open_storage(uri)
        self._prefix = f"{CHECKPOINTS}/{key}/"

    def save(self, step: int, state: dict[str, Any]) -> None:
        """Store a checkpoint, which appears whole or not at all; then delete all but the last two.

        Raises:
            StorageError: the disk is full, or the store failed.
        """
        step_name = f"{self._prefix}step-{step:08d}-"
        with _typed_errors(), tempfile.TemporaryDirectory(prefix="kubesplat-checkpoint-") as scratch:
            path = Path(scratch) / "checkpoint.pt"
            torch.save(state, path)
            saved = f"{step_name}{sha256(path)[:16]}.pt"
            self._storage.put_file(path, saved)
        names = self._names()
        # Names of one step sort by hash: an older one may sort last.
        replaced = [name for name in names if name.startswith(step_name) and name != saved]
        kept = [name for name in names if name not in replaced][-_KEPT:]
        for name in names:
            if name not in kept:
                self._storage.delete(name)

    def load_latest(self, device: torch.device) -> dict[str, Any] | None:
        """The newest undamaged checkpoint; None: there is none."""
        with tempfile.TemporaryDirectory(prefix="kubesplat-checkpoint-") as scratch:
            for name in reversed(self._names()):
                path = Path(scratch) / "checkpoint.pt"
                self._storage.get_file(name, path)
                state = _read(path, name, device)
                if state is not None:
                    return state
        return None

    def clear(self) -> None:
        """Delete all files of this training, incomplete ones of killed processes too."""
        for name in self._storage.list_names(self._prefix):
            self._storage.delete(name)

    def _names(self) -> list[str]:
        names = self._storage.list_names(self._prefix)
        return [name for name in names if _NAME.fullmatch(name.removeprefix(self._prefix))]


def _read(path: Path, name: str, device: torch.device) -> dict[str, Any] | None:
    match = _NAME.fullmatch(Path(name).name)
    assert match, f"{name} is not a checkpoint's name"
    if sha256(path)[:16] != match[2]:
        _log.warning("checkpoint %s is damaged; the one before it is used", name)
        return None
    try:
        state: dict[str, Any] = torch.load(path, map_location=device, weights_only=True)
    except (RuntimeError, pickle.UnpicklingError, EOFError) as error:
        if is_out_of_memory(error):
            raise
        _log.warning("checkpoint %s cannot be read (%s); the one before it is used", name, error)
        return None
    return state


@contextmanager
def _typed_errors() -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise as_kubesplat_error(error) from error
    except RuntimeError as error:  # Raised by torch where a file cannot be written.
        if is_out_of_memory(error):
            raise
        raise StorageError(
            f"a checkpoint could not be written to {tempfile.gettempdir()}: {error}",
            remedy="Free disk space there, or let TMPDIR name a folder on a larger disk.",
        ) from error


def sha256(path: Path) -> str:
    """SHA-256 of a file, hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
