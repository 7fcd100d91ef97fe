"""A local folder as a storage."""

from __future__ import annotations

import errno
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from components.shared.errors import InputError
from components.shared.files import atomic_path
from components.shared.storage import local_conditions
from components.shared.storage.addresses import local_path
from components.shared.storage.interface import NotFoundError, StoredFile, from_os_error


class LocalStorage:
    """Implements `Storage` for a folder. Whatever serves the folder decides on cache headers."""

    def __init__(self, uri: str) -> None:
        self._root = local_path(uri)
        self.uri = str(self._root)

    def put_file(self, path: Path, name: str, *, cache_control: str = "") -> None:
        with _typed_errors(), atomic_path(self._root / name) as temporary:
            shutil.copyfile(path, temporary)

    def get_file(self, name: str, path: Path) -> None:
        with _typed_errors(reads=True), atomic_path(path) as temporary:
            shutil.copyfile(self._root / name, temporary)

    def write_bytes(self, name: str, data: bytes, *, cache_control: str = "") -> None:
        with _typed_errors(), atomic_path(self._root / name) as temporary:
            temporary.write_bytes(data)

    def write_if(self, name: str, data: bytes, version: str | None, *, cache_control: str = "") -> str:
        with _typed_errors():
            return local_conditions.write_if(self._root / name, data, version)

    def read_bytes(self, name: str) -> bytes:
        with _typed_errors(reads=True):
            return (self._root / name).read_bytes()

    def read_version(self, name: str) -> tuple[bytes, str]:
        content = self.read_bytes(name)
        return content, local_conditions.version_of(content)

    def exists(self, name: str) -> bool:
        return (self._root / name).is_file()

    def list_names(self, prefix: str = "") -> list[str]:
        return sorted(file.name for file in self.iterate_files(prefix))

    def list_files(self, prefix: str = "") -> list[StoredFile]:
        return sorted(self.iterate_files(prefix), key=lambda file: file.name)

    def iterate_files(self, prefix: str = "") -> Iterator[StoredFile]:
        folder = self._root / prefix.rpartition("/")[0]
        with _typed_errors():
            for root, folders, names in os.walk(folder, onerror=_raise_unless_missing):
                folders.sort()
                for name in sorted(names):
                    path = Path(root, name)
                    relative = path.relative_to(self._root).as_posix()
                    if relative.startswith(prefix) and path.is_file():
                        status = path.stat()
                        version = str(status.st_mtime_ns)
                        yield StoredFile(relative, status.st_size, version, status.st_mtime)

    def link(self, name: str, seconds: int) -> str:
        raise InputError(
            f"{self._root / name} is a file of this machine, to which no link can be given",
            remedy="Store the results in S3, or send the file: viewer.html works by itself.",
        )

    def delete(self, name: str) -> None:
        path = self._root / name
        with _typed_errors():
            path.unlink(missing_ok=True)
            self._remove_empty(path.parent)

    def _remove_empty(self, folder: Path) -> None:
        """Remove a folder and those that it is in, while they are empty: as in S3, files make them exist."""
        while folder != self._root:
            try:
                folder.rmdir()
            except OSError as error:  # it may hold files, or another process may have removed it just now
                if error.errno not in (errno.ENOTEMPTY, errno.EEXIST, errno.ENOENT, errno.ENOTDIR):
                    raise
                return
            folder = folder.parent


@contextmanager
def _typed_errors(*, reads: bool = False) -> Iterator[None]:
    """reads: a file that is missing is one of this storage."""
    try:
        yield
    except OSError as error:
        if reads and isinstance(error, FileNotFoundError):
            missing = f"{error.filename} does not exist"
            raise NotFoundError(missing, remedy="Check the name and the folder.") from error
        raise from_os_error(error) from error


def _raise_unless_missing(error: OSError) -> None:
    if not isinstance(error, FileNotFoundError | NotADirectoryError):
        raise error
