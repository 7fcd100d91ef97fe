"""What of a text file is what: comments, the coordinate system, the header, and the rows of the table."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from components.ingest.positions.coordinate_system import named_system
from components.ingest.positions.find_columns import Columns, columns_of_header
from components.ingest.positions.read_table import SEPARATORS, Line
from components.ingest.positions.refuse import refused
from components.shared.numbers import number_in

SAMPLE = 50
"""Rows by which the layout is judged."""
_MAX_PREAMBLE = 20
_DECIMAL_COMMA = re.compile(r"[+-]?[0-9]+,[0-9]+")
_WHOLE = re.compile(r"[+-]?[0-9]+")
_SYSTEM = re.compile(r"(?i)\W*(EPSG|WGS|\+proj|CoordinateSystem|PROJC|GEOGC|COMPD)")

IsPhoto = Callable[[str], bool]
"""Whether a name in the file is that of a photo of the capture."""


@dataclass(frozen=True, slots=True)
class Layout:
    """A table with the lines above it."""

    separator: str
    rows: list[Line]
    header: Columns | None
    titles: int
    """Number of columns that the header names; 0 without one."""
    epsg: int | None
    """Code of the coordinate system that a line above the rows names."""

    def sample(self) -> list[list[str]]:
        """Cells of the first rows."""
        return [row.cells(self.separator) for row in self.rows[:SAMPLE]]


def find_layout(lines: list[Line], source: str) -> Layout | None:
    """Above the rows are, in any order, comments, a header and a line that names the coordinate system.

    None where no separator splits rows into a name and two numbers.

    Raises:
        InputError: a coordinate system that has no code.
    """
    epsg, header, start = None, None, 0
    separator, titles = "", 0
    for line in lines[:_MAX_PREAMBLE]:
        bare = Line(line.number, line.text.lstrip("#").strip())
        found = None if header else _find_header(bare)
        names_system = not found and _SYSTEM.match(bare.text) is not None
        if found:
            separator, header, titles = found
        elif names_system and epsg is None:
            epsg = named_system(bare.text, source)
        elif not names_system and not line.text.startswith("#"):
            break
        start += 1
    rows = [line for line in lines[start:] if not line.text.startswith("#")]
    if header is None:
        separator = max(SEPARATORS, key=lambda each: _score(rows[:SAMPLE], each))
        if not _score(rows[:SAMPLE], separator):
            return None
    return Layout(separator, rows, header, titles, epsg) if rows else None


def refuse_decimal_commas(layout: Layout, source: str, is_photo: IsPhoto) -> None:
    """Raises:
    InputError: a photo's row has decimal commas, which would be read as separators.
    """
    name = layout.header.name if layout.header else 0
    for line, cells in zip(layout.rows, layout.sample(), strict=False):
        if layout.separator == ",":
            # 47,123456 is two cells, so that a row has twice as many
            expected = 2 * layout.titles - 1 if layout.titles else max(7, len(cells) | 1)
            has_commas = len(cells) == expected and all(_WHOLE.fullmatch(cell) for cell in cells[1:])
        else:
            has_commas = any(_DECIMAL_COMMA.fullmatch(cell) for cell in cells)
        if has_commas and name < len(cells) and is_photo(cells[name]):
            raise refused(
                source,
                f"line {line.number} has decimal commas: {line.text[:80]!r}",
                "Write numbers with a decimal point, such as 47.1234.",
            )


def _find_header(line: Line) -> tuple[str, Columns, int] | None:
    """Separator, columns and their number."""
    for separator in SEPARATORS:
        cells = line.cells(separator)
        columns = columns_of_header(cells)
        if columns:
            return separator, columns, len(cells)
    return None


def _score(rows: list[Line], separator: str) -> int:
    """How many rows this separator splits into a name and two numbers or more."""
    cells = (row.cells(separator) for row in rows)
    return sum(len(row) > 2 and all(_is_number(cell, separator) for cell in row[1:3]) for row in cells)


def _is_number(cell: str, separator: str) -> bool:
    has_comma = separator != "," and _DECIMAL_COMMA.fullmatch(cell) is not None
    return has_comma or number_in(cell) is not None
