"""A local folder as a storage."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from components.shared.files import atomic_path
from components.shared.storage.addresses import local_path
from components.shared.storage.interface import NotFoundError, StoredFile, from_os_error


class LocalStorage:
    """Implements `Storage` for a folder."""

    def __init__(self, uri: str) -> None:
        self._root = local_path(uri)
        self.uri = str(self._root)

    def put_file(self, path: Path, name: str) -> None:
        with _typed_errors(), atomic_path(self._root / name) as temporary:
            shutil.copyfile(path, temporary)

    def get_file(self, name: str, path: Path) -> None:
        with _typed_errors(reads=True), atomic_path(path) as temporary:
            shutil.copyfile(self._root / name, temporary)

    def write_bytes(self, name: str, data: bytes) -> None:
        with _typed_errors(), atomic_path(self._root / name) as temporary:
            temporary.write_bytes(data)

    def read_bytes(self, name: str) -> bytes:
        with _typed_errors(reads=True):
            return (self._root / name).read_bytes()

    def exists(self, name: str) -> bool:
        return (self._root / name).is_file()

    def list_names(self, prefix: str = "") -> list[str]:
        names = (str(path.relative_to(self._root)) for path in self._root.rglob("*") if path.is_file())
        return sorted(name for name in names if name.startswith(prefix))

    def list_files(self, prefix: str = "") -> list[StoredFile]:
        files = []
        with _typed_errors():
            for name in self.list_names(prefix):
                status = (self._root / name).stat()
                files.append(StoredFile(name, status.st_size, str(status.st_mtime_ns), status.st_mtime))
        return files

    def delete(self, name: str) -> None:
        path = self._root / name
        with _typed_errors():
            path.unlink(missing_ok=True)
            # As in S3, a folder exists only as a part of its files' names.
            while (path := path.parent) != self._root and path.is_dir() and not any(path.iterdir()):
                path.rmdir()


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
