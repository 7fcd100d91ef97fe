"""Tables that fit the terminal without cutting a cell; in pipes each row is one line."""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass

from rich.console import Console
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

Row = Sequence[Text | str]

_GAP = 2
_MIN_WRAPPED_WIDTH = 14
"""Minimum width of a wrapping column, in characters."""
_UNBOUNDED = 100_000


@dataclass(frozen=True, slots=True)
class Column:
    """A column. On a narrow terminal, columns with `drops` are left out first, then `wraps` ones wrap."""

    name: str
    wraps: bool = False
    drops: int = 0
    """Lower numbers are left out first; 0: never left out."""
    numeric: bool = False


def print_table(columns: Sequence[Column], rows: Sequence[Row], console: Console) -> None:
    """Columns without any content are left out."""
    filled = [at for at in range(len(columns)) if any(str(row[at]) for row in rows)]
    columns, rows = [columns[at] for at in filled], [[row[at] for at in filled] for row in rows]
    if not console.is_terminal:
        _print_lines(_table(columns, rows), console)
        return
    kept = _fitting(columns, rows, console.width)
    if kept is None:
        _print_stacked(columns, rows, console)
        return
    console.print(_table([columns[at] for at in kept], [[row[at] for at in kept] for row in rows]))


def _fitting(columns: Sequence[Column], rows: Sequence[Row], width: int) -> list[int] | None:
    """Indices of the columns that fit into `width`; None if the required columns do not fit."""
    kept = list(range(len(columns)))
    droppable = sorted((at for at in kept if columns[at].drops), key=lambda at: columns[at].drops)
    for dropped in [None, *droppable]:
        kept = [each for each in kept if each != dropped]
        if (
            sum(_min_width(columns[each], [row[each] for row in rows]) + _GAP for each in kept) - _GAP
            <= width
        ):
            return kept
    return None


def _min_width(column: Column, cells: Sequence[Text | str]) -> int:
    widest = max(Text(column.name).cell_len, *(_cell(cell).cell_len for cell in cells))
    return min(widest, _MIN_WRAPPED_WIDTH) if column.wraps else widest


def _table(columns: Sequence[Column], rows: Sequence[Row]) -> Table:
    table = Table(box=None, pad_edge=False, header_style="dim", padding=(0, _GAP, 0, 0))
    for column in columns:
        justify = "right" if column.numeric else "left"
        table.add_column(column.name, justify=justify, no_wrap=not column.wraps, overflow="fold")  # type: ignore[arg-type]
    for row in rows:
        table.add_row(*map(_cell, row))
    return table


def _print_lines(table: Table, console: Console) -> None:
    plain = Console(file=io.StringIO(), width=_UNBOUNDED, color_system=None)
    plain.print(table)
    for line in plain.file.getvalue().splitlines():  # type: ignore[attr-defined]
        console.print(Text(line.rstrip()), soft_wrap=True)


def _print_stacked(columns: Sequence[Column], rows: Sequence[Row], console: Console) -> None:
    """Print each row as a paragraph: its first cell, and below it the others."""
    for row in rows:
        console.print(_cell(row[0]), overflow="fold")
        others = [
            Text.assemble((f"{column.name} ", "dim"), cell) if column.numeric else _cell(cell)
            for column, cell in zip(columns[1:], row[1:], strict=True)
            if str(cell)
        ]
        console.print(Padding(Text("  ").join(others), (0, 0, 0, _GAP)), overflow="fold")


def _cell(cell: Text | str) -> Text:
    """The cell as one line of plain text: its text may contain line breaks, or look like markup."""
    return cell if isinstance(cell, Text) else Text(" ".join(cell.split()))
