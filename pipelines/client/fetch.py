"""Download the results of a run."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from components.shared.errors import InputError
from components.shared.progress import OnProgress, Progress, ignore_progress
from components.shared.run_layout import PRIVATE_FOLDER, RECORDS_FOLDER
from components.shared.storage import NotFoundError, open_storage
from pipelines.client.connection.errors import ResourceNotFoundError
from pipelines.client.runs import Run
from pipelines.client.status.inbox_pass import read_inbox_pass
from pipelines.client.status.pods import Pods

_INTERNAL = (f"{PRIVATE_FOLDER}/", f"{RECORDS_FOLDER}/")
"""Prefixes of checkpoints, counts of tries and records, which are not downloaded."""


def output_folders(run: Run) -> dict[str, str]:
    """Outputs of the run by the name of their local folder; the name is empty for a single capture.

    Raises:
        ResourceNotFoundError: the run has no output, or no capture of its inbox is done yet.
        InputError: a capture's title would lead out of the folder of results.
    """
    if run.output is None:
        raise ResourceNotFoundError(
            f"the run {run.name!r} belongs to another pipeline and has no output parameter",
            remedy="Give a run of photos_to_sog or inbox_to_sogs.",
        )
    if not run.inbox:
        return {"": run.output}
    inbox_pass = read_inbox_pass(run, Pods(), datetime.now(UTC))
    delivered = {each.capture: each.output for each in inbox_pass.captures if each.state == "done"}
    if not delivered:
        why = inbox_pass.problem or f"none of its {len(inbox_pass.captures)} captures is done"
        raise ResourceNotFoundError(
            f"the run {run.name!r} has delivered no scene: {why}",
            remedy=f"Show the state of its captures: kubesplat status {run.id}",
        )
    for title in delivered:
        _target(Path(), title)
    return delivered


def fetch_results(output: str, folder: Path, on_progress: OnProgress = ignore_progress) -> list[Path]:
    """Copy the results at `output` into `folder`, without checkpoints and records; return the files.

    Raises:
        NotFoundError: there are no results yet.
        StorageError: a file could not be read or written.
    """
    storage = open_storage(output)
    files = [file for file in storage.list_files() if not file.name.startswith(_INTERNAL)]
    if not files:
        raise NotFoundError(
            f"there are no results in {output}",
            remedy="Show the run's state: kubesplat status RUN. If it has ended, check AWS_ENDPOINT_URL.",
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
    """The path of an S3 object's name below `folder`; the name may be any text.

    Raises:
        InputError: the path would lead out of `folder`, or be that of another object.
    """
    is_inside = not {"", ".", ".."} & set(name.split("/")) and "\0" not in name
    if not (is_inside and (folder / name).resolve().is_relative_to(folder.resolve())):
        raise InputError(
            f"the object {name!r} would be written outside of {folder}",
            remedy="No run writes such a name. Delete the object, then fetch again.",
        )
    return folder / name
