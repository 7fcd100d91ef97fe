"""What a storage offers: named files under one root."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from components.shared.errors import StorageError


class NotFoundError(StorageError):
    """The file, object or bucket does not exist."""


@dataclass(frozen=True, slots=True)
class StoredFile:
    """A file as a listing describes it, without its content."""

    name: str
    bytes: int
    version: str
    """Differs after each change: the ETag in S3, the time of the last change in a folder."""
    changed_at: float
    """Seconds since 1970, by the clock of the storage."""


class Storage(Protocol):
    """Named files under one root. Names are relative, with `/` between folders.

    Every method raises `StorageError`, with the file and the remedy, where the storage fails, and
    `NotFoundError` where a file that is read does not exist. Files are written whole or not at all.
    """

    uri: str

    def put_file(self, path: Path, name: str) -> None:
        """Store the local file `path` as `name`."""

    def get_file(self, name: str, path: Path) -> None:
        """Fetch `name` to the local file `path`, which appears whole or not at all."""

    def write_bytes(self, name: str, data: bytes) -> None:
        """Store `data` as `name`."""

    def read_bytes(self, name: str) -> bytes:
        """The content of `name`, for small files."""

    def exists(self, name: str) -> bool: ...

    def list_names(self, prefix: str = "") -> list[str]:
        """Names of all files whose name starts with `prefix`, sorted."""

    def list_files(self, prefix: str = "") -> list[StoredFile]:
        """Like `list_names`, with size, version and time of each file."""

    def delete(self, name: str) -> None:
        """Delete a file. A missing file is no error."""
