"""A run's results, brought to this machine."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from components.shared.errors import StorageError
from components.shared.progress import OnProgress, Progress, ignore_progress
from components.shared.run_layout import PRIVATE_FOLDER, RECORDS_FOLDER
from components.shared.storage import NotFoundError, open_storage
from pipelines.client.connection.errors import NotThereError
from pipelines.client.runs import Run
from pipelines.client.status.captures import read_pass
from pipelines.client.status.pods import Pods

_PRIVATE = (f"{PRIVATE_FOLDER}/", f"{RECORDS_FOLDER}/")
"""Checkpoints, tries, records: what a run keeps for itself."""


def places_of(run: Run) -> dict[str, str]:
    """Where the run's results are, by the name of their folder here; without a name for a single capture.

    Raises:
        NotThereError: it has none, or of no capture yet.
        StorageError: a capture's title would lead out of the folder of results.
    """
    if run.output is None:
        raise NotThereError(
            f"the run {run.name!r} is of another pipeline and has no results of its own",
            remedy="Give a run of photos_to_sog or inbox_to_sogs.",
        )
    if not run.inbox:
        return {"": run.output}
    each = read_pass(run, Pods(), datetime.now(UTC))
    delivered = {capture.capture: capture.output for capture in each.captures if capture.state == "done"}
    if not delivered:
        why = each.problem or f"none of its {len(each.captures)} captures is done"
        raise NotThereError(
            f"the run {run.name!r} has delivered no scene: {why}",
            remedy=f"See how far its captures are: kubesplat status {run.id}",
        )
    for title in delivered:
        _target(Path(), title)
    return delivered


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
