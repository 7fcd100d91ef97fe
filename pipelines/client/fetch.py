"""A run's results, brought to this machine."""

from __future__ import annotations

from pathlib import Path

from components.shared.errors import StorageError
from components.shared.progress import OnProgress, Progress, ignore_progress
from components.shared.storage import open_storage
from components.shared.storage.not_found import NotFoundError

_PRIVATE = (".kubesplat/", "stages/")
"""Checkpoints, tries, records: what a run keeps for itself."""


def fetch_results(output: str, folder: Path, on_progress: OnProgress = ignore_progress) -> list[Path]:
    """Copy everything at `output` that is meant for people into `folder`; return the files.

    Raises:
        NotFoundError: there is nothing yet.
        StorageError: something could not be read or written.
    """
    storage = open_storage(output)
    files = [file for file in storage.list_files() if not file.name.startswith(_PRIVATE)]
    if not files:
        raise NotFoundError(
            f"there are no results in {output}",
            remedy="Look how far the run is: kubesplat status RUN. If it has ended, check AWS_ENDPOINT_URL.",
        )
    targets = {file: _target(folder, file.name) for file in files}
    done, total = 0, sum(file.bytes for file in files)
    for file, target in targets.items():
        storage.get_file(file.name, target)
        done += file.bytes
        note = f"{done / 1e6:,.0f} of {total / 1e6:,.0f} MB"
        on_progress(Progress("fetch results", done / max(total, 1), note))
    return list(targets.values())


def _target(folder: Path, name: str) -> Path:
    """Names in S3 are any text; none of them may lead out of the folder."""
    target = (folder / name).resolve()
    if not target.is_relative_to(folder.resolve()):
        raise StorageError(
            f"the object {name!r} would be written outside of {folder}",
            remedy="Somebody else has put it there; delete it, then fetch again.",
        )
    return folder / name
