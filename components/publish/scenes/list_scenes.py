"""The scenes below a folder, as the page of all scenes shows them."""

from __future__ import annotations

import io
from base64 import b64encode
from dataclasses import dataclass
from urllib.parse import quote

from PIL import Image

from components.publish.scenes.latest import Latest
from components.shared.errors import InputError
from components.shared.parallel import completed
from components.shared.run_layout import (
    INBOX_LEDGER,
    INDEX_PAGE,
    LATEST_FILE,
    RECORDS_FOLDER,
    REPORT_PAGE,
    THUMBNAIL,
    VIEWER,
)
from components.shared.storage import NotFoundError, Storage, StoredFile

MOST_SCENES = 500
"""The page has its thumbnails in it: these many take about 5 MB."""
_THUMBNAIL_PX, _THUMBNAIL_QUALITY = 360, 70
_THREADS = 16


@dataclass(frozen=True, slots=True)
class SceneEntry:
    """One scene of the page. Addresses are relative to the page."""

    latest: Latest
    viewer: str
    report: str
    thumbnail: str
    """A data: address of a small picture; empty without one."""


@dataclass(frozen=True, slots=True)
class Unfinished:
    """A capture without a good version."""

    title: str
    report: str
    """Address, relative to the page, of the newest page that says why; empty without one."""


@dataclass(frozen=True, slots=True)
class Scenes:
    shown: list[SceneEntry]
    """Newest first."""
    total: int
    """Of scenes with a good version; at most MOST_SCENES of them are shown."""
    without: list[Unfinished]
    """By title."""


def list_scenes(scenes: Storage) -> Scenes:
    """All scenes in the folder `scenes`, from `latest.json` of each; what is damaged is left out."""
    changed: dict[str, float] = {}
    noted: set[str] = set()
    reports: dict[str, StoredFile] = {}
    for file in scenes.iterate_files():
        title, _, name = file.name.partition("/")
        if name == LATEST_FILE:
            changed[title] = file.changed_at
        elif name == INBOX_LEDGER and title != RECORDS_FOLDER:  # where the pass has its own record
            noted.add(title)
        elif name.rpartition("/")[2] == REPORT_PAGE:
            reports[title] = max(reports.get(title, file), file, key=lambda each: each.changed_at)
    newest = sorted(changed, key=lambda title: changed[title], reverse=True)[:MOST_SCENES]
    work = completed(lambda title: _entry(scenes, title), newest, threads=_THREADS, name="list-scenes")
    found = [entry for _, entry in work if entry]
    found.sort(key=lambda entry: (entry.latest.stored_at, entry.latest.scene), reverse=True)
    without = [Unfinished(title, _address(reports.get(title))) for title in sorted(noted - set(changed))]
    return Scenes(found, len(changed), without)


def _address(file: StoredFile | None) -> str:
    return quote(file.name) if file else ""


def _entry(scenes: Storage, title: str) -> SceneEntry | None:
    try:
        latest = Latest.parse(scenes.read_bytes(f"{title}/{LATEST_FILE}"), LATEST_FILE)
    except (NotFoundError, InputError):  # deleted meanwhile, or damaged
        return None
    folder = f"{title}/{latest.version}/" if latest.version else f"{title}/"
    return SceneEntry(
        latest=latest,
        viewer=f"{quote(title)}/{INDEX_PAGE}" if VIEWER in latest.files else "",
        report=f"{quote(title)}/{latest.path}{REPORT_PAGE}" if REPORT_PAGE in latest.files else "",
        thumbnail=_small_picture(scenes, f"{folder}{THUMBNAIL}") if THUMBNAIL in latest.files else "",
    )


def _small_picture(scenes: Storage, name: str) -> str:
    try:
        with Image.open(io.BytesIO(scenes.read_bytes(name))) as image:
            image.thumbnail((_THUMBNAIL_PX, _THUMBNAIL_PX))
            small = io.BytesIO()
            image.save(small, "WEBP", quality=_THUMBNAIL_QUALITY)
    except (NotFoundError, OSError, ValueError):  # deleted meanwhile, or no picture
        return ""
    return f"data:image/webp;base64,{b64encode(small.getvalue()).decode()}"
