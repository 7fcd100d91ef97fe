"""Folders and S3 prefixes behind one interface: captures in, checkpoints and results out."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Protocol

from components.shared.storage.local import LocalStorage
from components.shared.storage.stored_file import StoredFile


class Storage(Protocol):
    """Named files under one root. Names are relative, with `/` between folders.

    Every method raises `StorageError`, naming the object and the remedy, when the store fails.
    """

    uri: str

    def put_file(self, path: Path, name: str) -> None:
        """Store a file whole or not at all."""

    def get_file(self, name: str, path: Path) -> None:
        """Fetch a file to `path`, atomically."""

    def exists(self, name: str) -> bool: ...

    def list_names(self, prefix: str = "") -> list[str]:
        """Names of all files whose name starts with `prefix`, sorted."""

    def list_files(self, prefix: str = "") -> list[StoredFile]:
        """Like `list_names`, with what tells a changed file."""

    def delete(self, name: str) -> None:
        """Remove a file; a missing one is no error."""


def open_storage(uri: str) -> Storage:
    """`s3://bucket/prefix` or a local folder (which is made on the first write)."""
    if uri.startswith("s3://"):
        from components.shared.storage.s3 import S3Storage

        return S3Storage(uri)
    return LocalStorage(uri)


def put_json(storage: Storage, name: str, value: Any, scratch: Path) -> None:
    """Store indented JSON under `name`, by way of a file in the folder `scratch`."""
    from components.shared.files import write_json

    path = scratch / Path(name).name
    write_json(path, value)
    storage.put_file(path, name)


def get_json(storage: Storage, name: str, scratch: Path) -> Any:
    path = scratch / Path(name).name
    storage.get_file(name, path)
    return json.loads(path.read_text(encoding="utf-8"))
