"""Names of files that may hold the positions of photos."""

from __future__ import annotations

import re
from pathlib import PurePosixPath

_TABLE_SUFFIX = ".csv"
_SUFFIXES = frozenset({_TABLE_SUFFIX, ".txt", ".tsv"})
_CALLED_SO = re.compile(r"(?i)geo|gps|gnss|rtk|ppk|posi|coord|locat|reference")


def may_hold_positions(name: str) -> bool:
    """Whether a file of this name is read to see whether it does: its content decides."""
    return PurePosixPath(name).suffix.lower() in _SUFFIXES


def is_called_positions(name: str) -> bool:
    """Whether the name says so too, as `geo.txt` does."""
    return _CALLED_SO.search(PurePosixPath(name).stem) is not None


def seems_a_table(name: str) -> bool:
    """Whether its owner may expect that it is read: a note says if it is not."""
    path = PurePosixPath(name)
    return path.suffix.lower() == _TABLE_SUFFIX or (may_hold_positions(name) and is_called_positions(name))
