"""Files of a source, before any of them is read."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class SourceFile:
    """One file of the source."""

    name: str
    """Path relative to the source, with `/` between folders."""
    path: Path | None
    """Local path; None for a file that was not fetched because ingest reads no files of its kind."""
