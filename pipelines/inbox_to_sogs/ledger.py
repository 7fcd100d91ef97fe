"""`inbox.json` beside each capture's results: which state of the capture they belong to."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from components.shared.run_layout import INBOX_LEDGER, REPORT_JSON
from components.shared.storage import get_json, open_storage, put_json


@dataclass(frozen=True, kw_only=True, slots=True)
class Entry:
    """What was last begun for one capture; how it ended is in `report.json` beside it."""

    capture: str
    fingerprint: str
    run: str
    """The run that began it; empty on one machine."""
    begun_at: float
    """Seconds since 1970."""
    passes: int
    """How often this state of the capture was begun."""


def read_entry(place: str) -> Entry | None:
    """The entry beside the results at `place`, a folder or an s3:// prefix."""
    content = _read(place, INBOX_LEDGER)
    return Entry(**{name: content[name] for name in Entry.__slots__}) if content else None


def write_entry(place: str, entry: Entry) -> None:
    put_json(open_storage(place), INBOX_LEDGER, {"schema": 1, **asdict(entry)})


def read_report(place: str) -> dict[str, Any] | None:
    return _read(place, REPORT_JSON)


def _read(place: str, name: str) -> dict[str, Any] | None:
    storage = open_storage(place)
    if not storage.exists(name):
        return None
    content: dict[str, Any] = get_json(storage, name)
    return content
