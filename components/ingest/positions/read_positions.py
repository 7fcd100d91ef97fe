"""Read a table of positions, after finding out whether a file is one."""

from __future__ import annotations

from dataclasses import dataclass, field

from components.ingest.positions.choose_columns import Reading, choose_columns
from components.ingest.positions.find_layout import IsPhoto, Layout, find_layout, refuse_decimal_commas
from components.ingest.positions.read_row import Position, RowError, position_of_row
from components.ingest.positions.read_table import read_lines
from components.ingest.positions.refuse import refused
from components.ingest.source.position_files import is_called_positions
from components.ingest.source.source_file import SourceFile
from components.shared.contracts.capture import MetricPosition

_MIN_TO_JUDGE, _MIN_SPAN_M = 3, 0.02
"""Degrees have such a span over 2 km."""


@dataclass(slots=True)
class PositionTable:
    """The positions of one file, by the names that it has for the photos."""

    source: str
    epsg: int | None
    """Code of the coordinate system; None for a local one."""
    order: str
    """The order of the columns, in words, where nothing but the values says so; else empty."""
    positions: dict[str, Position] = field(default_factory=dict)
    problems: list[str] = field(default_factory=list)
    """What of which line was not used."""
    repeated: list[str] = field(default_factory=list)
    """Names that come again; the first row counts."""


def read_positions(file: SourceFile, is_photo: IsPhoto) -> PositionTable | None:
    """The table in a file; None for a file of something else, of other photos, or without any position.

    Raises:
        InputError: a table of positions that cannot be used: decimal commas, feet, an unknown coordinate
            system; or no row with a position, where the file's name or a line says that it has some.
    """
    assert file.path is not None, "such files are always fetched"
    lines = read_lines(file.path)
    layout = find_layout(lines, file.name) if lines else None
    if layout is None or not _names_photos(layout, is_photo):
        return None
    refuse_decimal_commas(layout, file.name, is_photo)
    reading = choose_columns(layout, file.name, is_photo)
    table = _read_rows(layout, reading, file.name) if reading else None
    return table if table and table.positions else None


def _names_photos(layout: Layout, is_photo: IsPhoto) -> bool:
    column = layout.header.name if layout.header else 0
    rows = (row.cells(layout.separator) for row in layout.rows)
    return any(column < len(cells) and is_photo(cells[column]) for cells in rows)


def _read_rows(layout: Layout, reading: Reading, source: str) -> PositionTable:
    table = PositionTable(source, reading.epsg, reading.order)
    for row in layout.rows:
        cells = row.cells(layout.separator)
        try:
            name, position, unused = position_of_row(cells, reading.columns_of(len(cells)), reading.epsg)
        except RowError as error:
            table.problems.append(f"line {row.number} ({error})")
            continue
        table.problems += [f"line {row.number} ({problem})" for problem in unused]
        if name in table.positions:
            table.repeated.append(name)
        table.positions.setdefault(name, position)
    if not table.positions and (layout.epsg is not None or is_called_positions(source)):
        raise refused(
            source,
            f"none of its {len(layout.rows)} rows has a position; {table.problems[0]}",
            "Write degrees as decimal numbers, such as 47.1234, or metres and the EPSG code of their system.",
        )
    _refuse_degrees_as_metres(table)
    return table


def _refuse_degrees_as_metres(table: PositionTable) -> None:
    """Refuse metres of a local system that span less than photos are apart, and more than nothing: degrees.

    Without a header, degrees are known by their order, latitude before longitude.
    """
    local = [each for each in table.positions.values() if isinstance(each, MetricPosition)]
    if table.epsg is not None or len(local) < _MIN_TO_JUDGE:
        return
    spans = [max(values) - min(values) for values in zip(*((at.x_m, at.y_m) for at in local), strict=True)]
    if 0 < max(spans) < _MIN_SPAN_M and all(abs(at.x_m) <= 180 and abs(at.y_m) <= 180 for at in local):
        raise refused(
            table.source,
            f"as metres, its {len(local)} positions lie within {1000 * max(spans):.2g} mm: they look like "
            "degrees",
            "Write latitude before longitude, or name the columns: name,latitude,longitude,altitude.",
        )
