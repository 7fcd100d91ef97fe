"""What a storage offers: named files under one root."""

from __future__ import annotations

from collections.abc import Iterator
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


class ConflictError(StorageError):
    """A conditional write came too late: another writer was first."""


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

    def put_file(self, path: Path, name: str, *, cache_control: str = "") -> None:
        """Store the local file `path` as `name`; S3 serves it with `cache_control` and its content type."""

    def get_file(self, name: str, path: Path) -> None:
        """Fetch `name` to the local file `path`, which appears whole or not at all."""

    def write_bytes(self, name: str, data: bytes, *, cache_control: str = "") -> None:
        """Store `data` as `name`, as `put_file` does."""

    def write_if(self, name: str, data: bytes, version: str | None, *, cache_control: str = "") -> str:
        """Store `data` as `name` if it is still at `version`; None: if there is no such file.

        Of several writers with the same condition one succeeds. Returns the new version.

        Raises:
            ConflictError: the file has another version, or is gone.
        """

    def read_bytes(self, name: str) -> bytes:
        """The content of `name`, for small files."""

    def read_version(self, name: str) -> tuple[bytes, str]:
        """The content of `name`, and its version for `write_if`; equal contents may have equal versions."""

    def exists(self, name: str) -> bool: ...

    def list_names(self, prefix: str = "") -> list[str]:
        """Names of all files whose name starts with `prefix`, sorted."""

    def list_files(self, prefix: str = "") -> list[StoredFile]:
        """Like `list_names`, with size, version and time of each file."""

    def iterate_files(self, prefix: str = "") -> Iterator[StoredFile]:
        """Like `list_files`, in bounded memory: files of one folder follow each other, folders are sorted."""

    def link(self, name: str, seconds: int) -> str:
        """An address at which anybody can read `name` for so long, 7 days at most; nothing is checked.

        Raises:
            InputError: the storage can make none: it is a folder.
        """

    def delete(self, name: str) -> None:
        """Delete a file. A missing file is no error."""
