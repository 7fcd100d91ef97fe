"""A text file as lines of cells, whatever separates them."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from pathlib import Path

SEPARATORS = (";", "\t", ",", " ")
"""In the order in which they are tried."""
_MAX_BYTES = 10_000_000
"""200 bytes for each of 50,000 photos."""
_MAX_LINE = 4_000
_MARKS = {b"\xff\xfe": "utf-16", b"\xfe\xff": "utf-16"}


@dataclass(frozen=True, slots=True)
class Line:
    """A line that is not blank, without blanks around it."""

    number: int
    """From 1."""
    text: str

    def cells(self, separator: str) -> list[str]:
        """Cells between separators, without quotes and blanks around them; blanks in a row count as one."""
        text = self.text.replace("\t", " ") if separator == " " else self.text
        (row,) = csv.reader([text], delimiter=separator, skipinitialspace=True)
        return [cell.strip() for cell in row]


def read_lines(path: Path) -> list[Line] | None:
    """UTF-8, UTF-16 with a byte order mark, or Latin-1; None for what is too large, no text, or locked."""
    try:
        if path.stat().st_size > _MAX_BYTES:
            return None
        data = path.read_bytes()
    except (PermissionError, FileNotFoundError):  # also of a link to nowhere
        return None
    try:
        text = data.decode(next((code for mark, code in _MARKS.items() if data.startswith(mark)), "utf-8"))
    except UnicodeDecodeError:
        text = data.decode("latin-1")
    if "\0" in text:
        return None
    lines = [
        Line(number, line.strip()) for number, line in enumerate(text.lstrip("\ufeff").splitlines(), start=1)
    ]
    if any(len(line.text) > _MAX_LINE for line in lines):
        return None
    return [line for line in lines if line.text]
