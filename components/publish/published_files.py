"""The files of a scene at an output: what its report lists, and what earlier reports there listed.

The list outlives the report, which a run that begins or fails takes away: it is kept in a file of its own
until a report has it again.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from contextlib import suppress

from components.shared import run_layout
from components.shared.contracts.contract import Contract
from components.shared.contracts.report import Report
from components.shared.errors import InputError
from components.shared.scene_files.exports import EXPORTS, export_name
from components.shared.storage import NotFoundError, Storage, put_json

_FIXED = {
    run_layout.COLMAP_MODEL,
    run_layout.REPORT_PAGE,
    run_layout.VIEWER,
    run_layout.THUMBNAIL,
    run_layout.FLYTHROUGH,
    run_layout.TRAINING_CURVES,
    run_layout.SCENE_PLY,
    run_layout.SCENE_SOG,
}
_EXPORTED = {export_name(name) for name in EXPORTS}
_FOLDERS = tuple(f"{name.partition('/')[0]}/" for name in _EXPORTED if "/" in name)


class PublishedFiles(Contract):
    """`.kubesplat/files.json`: what is known of the files at an output while no report lists them."""

    files: list[str]


def listed_files(storage: Storage) -> set[str]:
    """Names of the files that reports at the output listed and that were not removed since.

    A damaged report lists nothing, and no list can name what is no file of a scene.
    """
    names: set[str] = set()
    with suppress(InputError, NotFoundError):
        names.update(Report.parse(storage.read_bytes(run_layout.REPORT_JSON), run_layout.REPORT_JSON).files)
    with suppress(InputError, NotFoundError):
        kept = PublishedFiles.parse(storage.read_bytes(run_layout.PUBLISHED_FILE), run_layout.PUBLISHED_FILE)
        names.update(kept.files)
    return {name for name in names if _is_of_a_scene(name)}


def keep_list(storage: Storage, more: Iterable[str] = ()) -> None:
    """Keep the list, with `more` files, apart from the report; nothing is written if it is empty."""
    names = listed_files(storage) | set(more)
    if names:
        put_json(storage, run_layout.PUBLISHED_FILE, PublishedFiles(files=sorted(names)).to_json())


def forget_list(storage: Storage) -> None:
    """Delete the list that was kept: a report has it."""
    storage.delete(run_layout.PUBLISHED_FILE)


def remove_outdated(storage: Storage, files: Collection[str]) -> list[str]:
    """Delete what was listed and is not among `files`, those of the scene now; return its names.

    A file that no report listed is somebody else's, and stays.
    """
    outdated = sorted(listed_files(storage) - set(files))
    for name in outdated:
        storage.delete(name)
    return outdated


def _is_of_a_scene(name: str) -> bool:
    """Whether a run stores files of this name: a list that somebody changed deletes nothing else."""
    in_a_folder = name.startswith(_FOLDERS) and ".." not in name.split("/")
    return name in _FIXED or name in _EXPORTED or in_a_folder
