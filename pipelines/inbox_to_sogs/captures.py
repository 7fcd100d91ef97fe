"""Captures in an inbox, with fingerprints that change with their files.

A listing holds the files of one capture at a time: an inbox of millions of photos needs no more memory than
its captures' names.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from itertools import groupby
from pathlib import Path

from components.ingest.source.choose_photos import is_hidden
from components.ingest.source.list_source import fingerprint_of
from components.ingest.source.suffixes import VIDEO_SUFFIXES
from components.shared.default_output import ARCHIVE_SUFFIXES, without_archive_suffix
from components.shared.errors import InputError, StorageError
from components.shared.storage import StoredFile, is_s3, join, local_path, open_storage


@dataclass(frozen=True, slots=True)
class Capture:
    """A folder, an archive or a video directly in the inbox."""

    title: str
    """Name of its folder of results."""
    uri: str
    fingerprint: str
    """Another one as soon as a file comes, goes or changes; markers do not count."""
    changed_at: float
    """When its newest file changed, in seconds since 1970."""
    marked_at: float | None = None
    """When its marker of a complete upload was stored; None without one."""


@dataclass(frozen=True, slots=True)
class Inbox:
    captures: list[Capture]
    """Sorted by title."""
    loose: list[str]
    """Files that are no capture by themselves, at most 100 of them: photos belong into a folder."""


_MOST_LOOSE = 100


def list_captures(inbox: str, marker: str = "") -> Inbox:
    """List everything in `inbox`, a folder or an s3:// prefix; nothing is read.

    marker: name of the file that says that an upload is complete: `castle/MARKER` of a folder, and
    `castle.zipMARKER` beside an archive or a video. Empty: there are none.

    Raises:
        InputError: there is no such folder.
        StorageError: the object store lists the files of a folder apart from each other.
    """
    if not is_s3(inbox) and not local_path(inbox).is_dir():
        raise InputError(f"{inbox} is no folder", remedy="Check the path: an inbox is a folder of captures.")
    found: dict[str, Capture] = {}
    loose: list[str] = []
    marks: dict[str, float] = {}
    files = _named(open_storage(inbox).iterate_files(), marker)
    for entry, own in groupby(files, key=lambda file: _entry(file.name)):
        if entry.endswith("/") or _is_capture(entry):
            if entry in found:
                raise StorageError(
                    f"{inbox}: the object store lists the files of {entry} apart from each other",
                    remedy="Use a general-purpose bucket, which lists its objects in order.",
                )
            if capture := _describe(join(inbox, entry), list(own), marker):
                found[entry] = capture
        elif marker and entry.endswith(marker):
            marks[entry.removesuffix(marker)] = max(file.changed_at for file in own)
        else:
            loose += [entry] * (len(loose) < _MOST_LOOSE)
    titles = _titles(list(found))
    captures = [
        replace(capture, title=titles[entry], marked_at=marks.get(entry, capture.marked_at))
        for entry, capture in found.items()
    ]
    return Inbox(sorted(captures, key=lambda capture: capture.title), loose)


def _named(files: Iterable[StoredFile], marker: str) -> Iterator[StoredFile]:
    """Without hidden files, but for markers."""
    for file in files:
        folder, _, name = file.name.rpartition("/")
        if not is_hidden(file.name) or (marker and name.endswith(marker) and not is_hidden(folder)):
            yield file


def _entry(name: str) -> str:
    """What lies directly in the inbox; a folder with a `/` at its end."""
    entry, _, inside = name.partition("/")
    return f"{entry}/" if inside else entry


def _describe(uri: str, files: list[StoredFile], marker: str) -> Capture | None:
    """The capture of these files; None if it holds nothing but its marker."""
    marks = [file for file in files if marker and file.name.split("/")[1:] == [marker]]
    rest = [file for file in files if file not in marks]
    if not rest:
        return None
    return Capture(
        title="",
        uri=uri,
        fingerprint=fingerprint_of(rest),
        changed_at=max(file.changed_at for file in rest),
        marked_at=max((file.changed_at for file in marks), default=None),
    )


def _is_capture(name: str) -> bool:
    return name.lower().endswith(ARCHIVE_SUFFIXES) or _is_video(name)


def _titles(entries: list[str]) -> dict[str, str]:
    """Without the suffix, unless `castle/` and `castle.zip` would then get one name."""
    short = {entry: _stem(entry.rstrip("/")) for entry in entries}
    taken = Counter(short.values())
    return {entry: short[entry] if taken[short[entry]] == 1 else entry.rstrip("/") for entry in entries}


def _stem(name: str) -> str:
    return str(Path(name).with_suffix("")) if _is_video(name) else without_archive_suffix(name)


def _is_video(name: str) -> bool:
    return Path(name).suffix.lower() in VIDEO_SUFFIXES
