"""What a storage offers: named files under one root."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from components.shared.errors import InputError, KubesplatError, StorageError, as_kubesplat_error


class NotFoundError(StorageError):
    """The file, object or bucket does not exist."""


class WrongPathError(StorageError):
    """The path of a folder or file can never be used: a part of it is a file, or its name is too long."""

    exit_code = 3
    retryable = False


def from_os_error(error: OSError) -> KubesplatError:
    """The error of a storage for an error of a local file."""
    cause = as_kubesplat_error(error)
    is_path = isinstance(cause, InputError)
    return WrongPathError(cause.message, remedy=cause.remedy) if is_path else cause


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
