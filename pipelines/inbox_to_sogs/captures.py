"""Captures in an inbox, with fingerprints that change with their files."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass
from pathlib import Path

from components.ingest.source.choose_photos import VIDEO_SUFFIXES, is_hidden
from components.ingest.source.list_source import fingerprint_of
from components.shared.default_output import ARCHIVE_SUFFIXES, without_archive_suffix
from components.shared.errors import InputError
from components.shared.storage import StoredFile, is_s3, join, local_path, open_storage


@dataclass(frozen=True, slots=True)
class Capture:
    """A folder, an archive or a video directly in the inbox."""

    title: str
    """Name of its folder of results."""
    uri: str
    fingerprint: str
    """Another one as soon as a file comes, goes or changes."""
    changed_at: float
    """When its newest file changed, in seconds since 1970."""


@dataclass(frozen=True, slots=True)
class Inbox:
    captures: list[Capture]
    """Sorted by title."""
    loose: list[str]
    """Files that are no capture by themselves: photos belong into a folder."""


def list_captures(inbox: str) -> Inbox:
    """List everything in `inbox`, a folder or an s3:// prefix; nothing is read.

    Raises:
        InputError: there is no such folder.
    """
    if not is_s3(inbox) and not local_path(inbox).is_dir():
        raise InputError(f"{inbox} is no folder", remedy="Check the path: an inbox is a folder of captures.")
    entries: dict[str, list[StoredFile]] = defaultdict(list)
    loose = []
    for file in open_storage(inbox).list_files():
        entry, _, inside = file.name.partition("/")
        if is_hidden(file.name):
            continue
        if entry and (inside or _is_capture(entry)):
            entries[entry + "/" * bool(inside)].append(file)
        else:
            loose.append(file.name)
    titles = _titles(list(entries))
    captures = [
        Capture(
            titles[entry], join(inbox, entry), fingerprint_of(files), max(file.changed_at for file in files)
        )
        for entry, files in entries.items()
    ]
    return Inbox(sorted(captures, key=lambda capture: capture.title), loose)


def _is_capture(name: str) -> bool:
    return name.lower().endswith(ARCHIVE_SUFFIXES) or Path(name).suffix.lower() in VIDEO_SUFFIXES


def _titles(entries: list[str]) -> dict[str, str]:
    """Without the suffix, unless `castle/` and `castle.zip` would then get one name."""
    short = {entry: _stem(entry.rstrip("/")) for entry in entries}
    taken = Counter(short.values())
    return {entry: short[entry] if taken[short[entry]] == 1 else entry.rstrip("/") for entry in entries}


def _stem(name: str) -> str:
    return str(Path(name).with_suffix("")) if _is_video(name) else without_archive_suffix(name)


def _is_video(name: str) -> bool:
    return Path(name).suffix.lower() in VIDEO_SUFFIXES
