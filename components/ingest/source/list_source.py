"""List a capture without reading its files, and compute its fingerprint from the list."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from components.ingest.source.choose_photos import is_hidden
from components.shared.errors import InputError
from components.shared.storage import (
    NotFoundError,
    S3Address,
    Storage,
    StoredFile,
    is_s3,
    local_path,
    open_storage,
)

SOURCES = "a folder of photos, a .zip, .tar or .tar.gz of them, a video, or s3://bucket/prefix/"
_DAY_SECONDS = 86_400


@dataclass(frozen=True, slots=True)
class Listing:
    """The files of a source."""

    storage: Storage
    files: list[StoredFile]
    """Without hidden files for a local folder; all objects below an S3 prefix."""
    is_one_file: bool
    """Whether the source is one file, an archive or a video: `files[0]`."""


def list_source(source: str) -> Listing:
    """List the files of a source.

    Raises:
        InputError: the source does not exist, is empty, or cannot be listed.
    """
    if is_s3(source):
        return _list_s3(source)
    path = local_path(source)
    if not path.exists():
        raise InputError(f"{source} does not exist", remedy=f"Check the path: a capture is {SOURCES}.")
    if not path.is_dir():
        return Listing(open_storage(str(path.parent)), [_stored(path, path.name)], is_one_file=True)
    files = [_stored(each, each.relative_to(path).as_posix()) for each in sorted(walk_folder(path))]
    if not files:
        raise InputError(f"{source} holds no photos", remedy=f"A capture is {SOURCES}.")
    return Listing(open_storage(str(path)), files, is_one_file=False)


def walk_folder(folder: Path) -> Iterator[Path]:
    """All files below `folder`, without hidden folders. Links to folders elsewhere are followed, each once.

    Raises:
        InputError: a folder cannot be read.
    """
    seen = {folder.resolve()}
    for root, folders, names in os.walk(folder, onerror=_refuse_folder, followlinks=True):
        folders[:] = [
            name for name in folders if not is_hidden(name) and _is_new(Path(root, name), folder, seen)
        ]
        for name in names:
            path = Path(root, name)
            if path.is_file() or not path.exists():  # or a link that leads nowhere
                yield path


def _is_new(path: Path, folder: Path, seen: set[Path]) -> bool:
    """Whether a folder below `folder` is not walked by another name; links to be walked go to `seen`."""
    if not path.is_symlink():
        return True
    real, home = path.resolve(), folder.resolve()
    if real in seen or real.is_relative_to(home) or home.is_relative_to(real):
        return False
    seen.add(real)
    return True


def fingerprint_of(files: Iterable[StoredFile]) -> str:
    """Hash of names, sizes and versions of all files that are not hidden; 16 hexadecimal digits."""
    facts = sorted((file.name, file.bytes, file.version) for file in files if not is_hidden(file.name))
    return hash_of(facts)


def capture_fingerprint(source: str, files: Iterable[StoredFile], *, reuse_days: int, now: float) -> str:
    """Hash of the source's address, its files, and the current period of `reuse_days` days.

    Kubeflow's cache finds results by it: only within the period they were made in, so that no result is
    reused when it is older. `now` is in seconds since 1970.
    """
    period = int(now // (reuse_days * _DAY_SECONDS))
    return hash_of((source, fingerprint_of(files), reuse_days, period))


def hash_of(facts: object) -> str:
    """First 16 hexadecimal digits of the SHA-256 of `repr(facts)`."""
    return hashlib.sha256(repr(facts).encode("utf-8", "surrogateescape")).hexdigest()[:16]


def _list_s3(source: str) -> Listing:
    """The object of exactly this name if it exists, otherwise all objects below the prefix."""
    address = S3Address.parse(source)
    try:
        if address.prefix and not source.endswith("/"):
            storage = open_storage(str(address.parent))
            if storage.exists(address.name):
                files = [file for file in storage.list_files(address.name) if file.name == address.name]
                if files:  # some object stores say that `a\` exists where `a/` does
                    return Listing(storage, files, is_one_file=True)
        storage = open_storage(source)
        files = storage.list_files()
    except NotFoundError as error:
        raise InputError(error.message, remedy="Check the address of the capture.") from error
    if not files:
        raise InputError(
            f"{source}: there is no such object, and nothing below it",
            remedy=f"Check the address: a capture is {SOURCES}.",
        )
    return Listing(storage, files, is_one_file=False)


def _stored(path: Path, name: str) -> StoredFile:
    try:
        status = path.stat()
    except OSError:  # a link that leads nowhere
        status = path.lstat()
    return StoredFile(name, status.st_size, str(status.st_mtime_ns), status.st_mtime)


def _refuse_folder(error: OSError) -> None:
    raise InputError(
        f"the folder {error.filename} cannot be read: {error.strerror}",
        remedy="Change its permissions, or copy the photos to a folder of your own.",
    ) from error
