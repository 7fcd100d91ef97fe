"""Upload a capture from this machine to S3."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from components.shared.errors import InputError
from components.shared.parallel import completed
from components.shared.progress import OnProgress, Progress, ignore_progress
from components.shared.storage import join, open_storage

_THREADS = 8


def upload_capture(capture: Path, prefix: str, on_progress: OnProgress = ignore_progress) -> str:
    """Store a folder as `prefix/<its name>/`, or a file as `prefix/<its name>`; return that address.

    Raises:
        InputError: the capture holds no files.
        StorageError: the upload failed.
    """
    root = capture.absolute()
    address = join(prefix, root.name)
    files = {root.name: root} if root.is_file() else dict(_files(root))
    if not files:
        raise InputError(f"{capture} holds no files", remedy="Check the path.")
    storage = open_storage(prefix if root.is_file() else address)
    done, total = 0, sum(path.stat().st_size for path in files.values())

    def put(name: str) -> None:
        storage.put_file(files[name], name)

    for name, _ in completed(put, files, threads=_THREADS, name="upload"):
        done += files[name].stat().st_size
        note = f"{done / 1e6:,.0f} of {total / 1e6:,.0f} MB"
        on_progress(Progress("upload photos", done / max(total, 1), note))
    return address if root.is_file() else f"{address}/"


def _files(folder: Path) -> Iterator[tuple[str, Path]]:
    """Names and paths of all files but hidden ones."""
    for path in sorted(folder.rglob("*")):
        name = path.relative_to(folder)
        if path.is_file() and not any(part.startswith(".") for part in name.parts):
            yield name.as_posix(), path
