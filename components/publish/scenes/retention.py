"""Which versions of scenes are deleted, by age and count; never a scene's latest good one.

Nor what an inbox has begun last, whose report says whether it is to be begun again, nor what is younger than
an hour, which a run may have begun a moment ago.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import groupby

from components.publish.scenes.latest import read_latest
from components.shared.contracts.report import Report, RunStatus
from components.shared.errors import InputError
from components.shared.run_layout import INBOX_LEDGER, REPORT_JSON, VERSION_FILE
from components.shared.storage import NotFoundError, Storage, StoredFile, get_json, join, open_storage

_YOUNG_SECONDS = 3600.0
_DAY_SECONDS = 86_400.0


@dataclass(slots=True)
class Version:
    """The files of one version of a scene."""

    scene: str
    name: str
    files: list[str] = field(default_factory=list)
    """Names below the folder of all scenes."""
    bytes: int = 0
    changed_at: float = 0.0
    """When its newest file was stored, in seconds since 1970."""

    def add(self, file: StoredFile) -> None:
        self.files.append(file.name)
        self.bytes += file.bytes
        self.changed_at = max(self.changed_at, file.changed_at)


@dataclass(frozen=True, slots=True)
class Removal:
    """A version that is not kept."""

    version: Version
    reason: str


def find_removals(
    scenes: Storage, *, keep_versions: int | None, keep_days: float | None, now: float
) -> Iterator[Removal]:
    """Versions in the folder `scenes` that are not kept, one scene after the other; nothing is deleted.

    Args:
        keep_versions: good versions of each scene that stay, the latest among them; those without a scene go
            once a later one is good. None: all.
        keep_days: age from which versions go. None: any.
        now: seconds since 1970.
    """
    if keep_versions is None and keep_days is None:
        return
    for scene, files in groupby(scenes.iterate_files(), key=lambda file: file.name.split("/")[0]):
        versions = _versions(scene, files)
        if len(versions) > 1:
            with suppress(InputError):  # a note that says what to keep is damaged: then all stays
                yield from _of_scene(scenes, versions, keep_versions, keep_days, now)


def remove(scenes: Storage, removal: Removal) -> bool:
    """Delete the version, unless it has become one to keep meanwhile; whether it was deleted.

    The report goes first, so that a version that is left in part is not taken for a good one. `version.json`
    goes last, so that the rest is found the next time.
    """
    version = removal.version
    if version.name in protected_versions(scenes, version.scene):
        return False
    first, last = (f"{version.scene}/{version.name}/{name}" for name in (REPORT_JSON, VERSION_FILE))
    rest = [name for name in version.files if name not in (first, last)]
    for name in (first, *rest, last):
        scenes.delete(name)
    return True


def protected_versions(scenes: Storage, scene: str) -> set[str]:
    """Versions of a scene that are never deleted: the latest good one, and what was begun last."""
    latest = read_latest(open_storage(join(scenes.uri, scene)))
    try:
        begun = str(get_json(scenes, f"{scene}/{INBOX_LEDGER}").get("version", ""))
    except NotFoundError:
        begun = ""
    return {name for name in (latest.version if latest else "", begun) if name}


def _versions(scene: str, files: Iterator[StoredFile]) -> list[Version]:
    """The versions of a scene, newest first; other folders and files beside them are none."""
    found: dict[str, Version] = {}
    for file in files:
        parts = file.name.split("/")
        if len(parts) > 2:
            found.setdefault(parts[1], Version(scene, parts[1])).add(file)
    marked = [each for each in found.values() if f"{scene}/{each.name}/{VERSION_FILE}" in each.files]
    return sorted(marked, key=lambda version: version.name, reverse=True)


def _of_scene(
    scenes: Storage, versions: list[Version], keep_versions: int | None, keep_days: float | None, now: float
) -> Iterator[Removal]:
    protected, good_ones = protected_versions(scenes, versions[0].scene), 0
    for version in versions:
        is_good = _is_good(scenes, version)
        good_ones += is_good
        age = now - version.changed_at
        is_last_good = is_good and good_ones == 1
        if version.name in protected or is_last_good or age < _YOUNG_SECONDS:
            continue
        if keep_versions is not None and is_good and good_ones > keep_versions:
            yield Removal(version, f"newer good versions: {good_ones - 1}")
        elif keep_versions is not None and not is_good and good_ones:
            yield Removal(version, "no scene, and a newer version has one")
        elif keep_days is not None and age > keep_days * _DAY_SECONDS:
            yield Removal(version, f"{age / _DAY_SECONDS:.0f} days old")


def _is_good(scenes: Storage, version: Version) -> bool:
    name = f"{version.scene}/{version.name}/{REPORT_JSON}"
    if name not in version.files:
        return False
    try:
        return Report.parse(scenes.read_bytes(name), name).status is RunStatus.SUCCEEDED
    except (NotFoundError, InputError):
        return False
