"""`inbox.json` beside the versions of each capture's scene: which state of the capture was begun last."""

from __future__ import annotations

from dataclasses import asdict, dataclass, fields

from components.shared.contracts.report import Report
from components.shared.errors import InputError
from components.shared.run_layout import INBOX_LEDGER, REPORT_JSON
from components.shared.storage import NotFoundError, Storage, get_json, join, put_json


@dataclass(frozen=True, kw_only=True, slots=True)
class Entry:
    """What was last begun for one capture; how it ended is in `report.json` beside it."""

    capture: str
    fingerprint: str
    run: str
    """The run, or the pass on one machine, that began it."""
    begun_at: float
    """Seconds since 1970."""
    passes: int
    """How often this state of the capture was begun."""
    version: str = ""
    """Folder of its results; empty for those of kubesplat 0.1, which lie beside the entry."""


def read_entry(scenes: Storage, title: str) -> Entry | None:
    """The entry of the capture with this title.

    Raises:
        InputError: it is damaged.
    """
    name = f"{title}/{INBOX_LEDGER}"
    try:
        content = get_json(scenes, name)
    except NotFoundError:
        return None
    try:
        known = {each.name: content[each.name] for each in fields(Entry) if each.name != "version"}
        return Entry(**known, version=content.get("version", ""))
    except (KeyError, TypeError, AttributeError) as error:
        raise InputError(
            f"{join(scenes.uri, name)} is damaged: it has no {error}",
            remedy="Delete it; the next pass then starts the capture again if it has no scene.",
        ) from error


def write_entry(scenes: Storage, title: str, entry: Entry) -> None:
    put_json(scenes, f"{title}/{INBOX_LEDGER}", {"schema": 1, **asdict(entry)})


def read_report(scenes: Storage, title: str, version: str) -> Report | None:
    """The report of the last run that made this version; None if there is none."""
    name = "/".join(part for part in (title, version, REPORT_JSON) if part)
    try:
        return Report.parse(scenes.read_bytes(name), name)
    except NotFoundError:
        return None
