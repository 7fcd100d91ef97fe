"""`inbox.json` beside each capture's results: which state of the capture they belong to."""

from __future__ import annotations

from dataclasses import asdict, dataclass

from components.shared.contracts.report import Report
from components.shared.errors import InputError
from components.shared.run_layout import INBOX_LEDGER, REPORT_JSON
from components.shared.storage import get_json, join, open_storage, put_json


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
    """The entry beside the results at `place`, a folder or an s3:// prefix.

    Raises:
        InputError: it is damaged.
    """
    storage = open_storage(place)
    if not storage.exists(INBOX_LEDGER):
        return None
    content = get_json(storage, INBOX_LEDGER)
    try:
        return Entry(**{name: content[name] for name in Entry.__slots__})
    except (KeyError, TypeError) as error:
        raise InputError(
            f"{join(place, INBOX_LEDGER)} is damaged: it has no {error}",
            remedy="Delete it; the next pass then starts the capture again if it has no scene.",
        ) from error


def write_entry(place: str, entry: Entry) -> None:
    put_json(open_storage(place), INBOX_LEDGER, {"schema": 1, **asdict(entry)})


def read_report(place: str) -> Report | None:
    """The report of the last run at `place`; None if there is none."""
    storage = open_storage(place)
    if not storage.exists(REPORT_JSON):
        return None
    return Report.parse(storage.read_bytes(REPORT_JSON), REPORT_JSON)
