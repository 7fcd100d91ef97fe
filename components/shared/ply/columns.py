"""Columns of a ply's elements, from binary data or text. Nothing is allocated that the file cannot fill."""

from __future__ import annotations

import itertools
import mmap
import re
import struct
from collections.abc import Iterator
from typing import BinaryIO

import numpy as np

from components.shared.ply.header import Element, Header, Property, invalid_ply_error
from components.shared.ranges import in_ranges

_TEXT_ROWS = 4096
"""Rows of text at a time."""
_BLOCK_BYTES = 1 << 20
"""Bytes of text at a time, and in one line at most."""
_CACHED_ROWS = 1024
"""Rows of all columns at a time, which fit into a core's cache."""
_MSVC_NAN = re.compile(rb"[-+]?(?:1\.#\w+|nan\(\w*\))", re.IGNORECASE)
"""NaN as Microsoft's C library prints it; its infinity, `1.#INF`, has no better use here."""


class Columns:
    """Columns of an element by the names of their properties."""

    def __init__(self, element: Element, rows: np.ndarray) -> None:
        self._index = {each.name: i for i, each in reversed([*enumerate(element.properties)])}
        self._rows = rows

    def __contains__(self, name: str) -> bool:
        return name in self._index

    def __len__(self) -> int:
        return len(self._rows)

    @property
    def names(self) -> list[str]:
        return list(self._index)

    def type_of(self, name: str) -> np.dtype:
        return self._rows.dtype[self._index[name]]

    def __getitem__(self, name: str) -> np.ndarray:
        """A column [N] in the type that the file gives it."""
        column: np.ndarray = self._rows[str(self._index[name])]
        return column

    def stack(self, names: list[str], dtype: type[np.floating] = np.float32) -> np.ndarray:
        """Columns as `dtype` [N, len(names)]; what it cannot hold becomes infinite."""
        result, columns = np.empty((len(self), len(names)), dtype), [self[name] for name in names]

        def fill(start: int, stop: int) -> None:
            with np.errstate(over="ignore", invalid="ignore"):  # each thread has a state of its own
                for first in range(start, stop, _CACHED_ROWS):
                    rows = slice(first, min(first + _CACHED_ROWS, stop))
                    for i, column in enumerate(columns):
                        result[rows, i] = column[rows]

        in_ranges(fill, len(self))
        return result


def read_columns(file: BinaryIO, header: Header, names: list[str]) -> dict[str, Columns]:
    """Columns of the elements `names` of an open ply; lists in their rows are skipped.

    Raises:
        InputError: the data end too early, or a row of text is no row of numbers.
    """
    last = max((i for i, each in enumerate(header.elements) if each.name in names), default=-1)
    needed = header.elements[: last + 1]
    for element in needed:
        repeated = [name for name in element.names if element.names.count(name) > 1]
        if element.name in names and repeated:
            raise invalid_ply_error(f"its header has the property {repeated[0]} twice")
    read = _read_text if header.format == "ascii" else _read_binary
    return {each.name: Columns(each, rows) for each, rows in read(file, header, needed) if each.name in names}


def _scalars(element: Element) -> Element:
    """The element without its lists."""
    return Element(element.name, element.count, tuple(p for p in element.properties if not p.length_type))


def _check_count(element: Element, row_bytes: int, available: int, text: str = "") -> None:
    if element.count * row_bytes > available:
        raise invalid_ply_error(
            f"it is incomplete: its header announces {element.count:,} rows of {element.name} of {text}"
            f"{row_bytes:,} bytes, but only {max(available, 0):,} bytes follow"
        )


def _read_binary(
    file: BinaryIO, header: Header, elements: tuple[Element, ...]
) -> Iterator[tuple[Element, np.ndarray]]:
    data = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
    offset = header.size
    for element in elements:
        if element.has_lists:
            rows, offset = _walk_rows(data, offset, element, header.format)
            yield _scalars(element), rows
            continue
        row_type = element.row_type(header.format)
        _check_count(element, row_type.itemsize, len(data) - offset)
        if row_type.itemsize == 0 or element.count == 0:
            rows = np.zeros(element.count if row_type.itemsize else 0, row_type)
        else:
            rows = np.frombuffer(data, row_type, element.count, offset)
        offset += element.count * row_type.itemsize
        yield element, rows


def _walk_rows(data: mmap.mmap, offset: int, element: Element, order: str) -> tuple[np.ndarray, int]:
    """Rows without their lists, and where the next element starts."""
    sizes = [np.dtype(each.type).itemsize for each in element.properties]
    lengths = [_length_format(each, order) for each in element.properties]
    least = sum(length.size if length else size for length, size in zip(lengths, sizes, strict=True))
    _check_count(element, least, len(data) - offset, "at least ")
    kept = bytearray()
    for _ in range(element.count):
        for length, size in zip(lengths, sizes, strict=True):
            try:
                count = length.unpack_from(data, offset)[0] if length else 1
            except struct.error:
                count = len(data)
            start = offset + (length.size if length else 0)
            offset = start + count * size
            if count < 0 or offset > len(data):
                raise invalid_ply_error(f"it is incomplete: it ends within the rows of {element.name}")
            if not length:
                kept += data[start:offset]
    row_type = _scalars(element).row_type(order)
    return np.frombuffer(bytes(kept), row_type) if row_type.itemsize else np.zeros(0, row_type), offset


def _length_format(each: Property, order: str) -> struct.Struct | None:
    """How the length of a list is stored; None for a single value."""
    return struct.Struct(order + np.dtype(each.length_type).char) if each.length_type else None


def _read_text(
    file: BinaryIO, header: Header, elements: tuple[Element, ...]
) -> Iterator[tuple[Element, np.ndarray]]:
    file.seek(0, 2)
    available = file.tell() - header.size + 1
    file.seek(header.size)
    lines = _text_lines(file)
    for element in elements:
        # Each value is a digit and a space at least; the last line may lack its end.
        _check_count(element, 2 * len(element.properties), available, "at least ")
        yield _scalars(element), _text_rows(lines, element)


def _text_rows(lines: Iterator[bytes], element: Element) -> np.ndarray:
    """The next rows without their lists, as floats."""
    scalars = _scalars(element).properties
    # uint32 and double do not fit into float32.
    wide = any(each.type in ("i4", "u4", "i8", "u8", "f8") for each in scalars)
    row_type = np.dtype([(str(i), "f8" if wide else "f4") for i in range(len(scalars))])
    rows = np.empty(element.count if element.properties else 0, row_type)
    for start in range(0, len(rows), _TEXT_ROWS):
        stop = min(start + _TEXT_ROWS, len(rows))
        chunk = list(itertools.islice(lines, stop - start))
        if len(chunk) < stop - start:
            raise invalid_ply_error(
                f"it is incomplete: its header announces {element.count:,} rows of {element.name}, "
                f"but there are {start + len(chunk):,}"
            )
        values = _numbers(chunk, element, start)
        for i in range(len(scalars)):
            rows[str(i)][start:stop] = values[:, i]
    return rows


def _text_lines(file: BinaryIO) -> Iterator[bytes]:
    """Lines with content; they end in LF, CR LF or CR."""
    rest = b""
    while block := file.read(_BLOCK_BYTES):
        *lines, rest = (rest + block.replace(b"\r", b"\n")).split(b"\n")
        if len(rest) > _BLOCK_BYTES:
            raise invalid_ply_error(f"a line of its text has more than {_BLOCK_BYTES:,} bytes")
        yield from filter(bytes.strip, lines)
    if rest.strip():
        yield rest


def _numbers(lines: list[bytes], element: Element, start: int) -> np.ndarray:
    """Values float64 [rows, properties without lists] of lines of text; `start` is the index of the first."""
    lines = [_MSVC_NAN.sub(b"nan", line) if b"#" in line or b"(" in line else line for line in lines]
    if not element.has_lists:
        try:
            values = np.loadtxt((line.decode("latin-1") for line in lines), comments=None, ndmin=2)
            if values.shape == (len(lines), len(element.properties)):
                return values
        except ValueError:
            pass  # the line is found below
    count = sum(not each.length_type for each in element.properties)
    rows = [
        _row(line.split(), element.properties, f"row {start + i + 1:,} of {element.name}")
        for i, line in enumerate(lines)
    ]
    return np.array(rows, np.float64).reshape(len(lines), count)


def _row(words: list[bytes], properties: tuple[Property, ...], where: str) -> list[float]:
    values: list[float] = []
    at = 0
    try:
        for each in properties:
            if each.length_type:
                at += int(words[at]) + 1
            else:
                values.append(float(words[at]))
                at += 1
    except ValueError:
        raise invalid_ply_error(
            f"{where} has {words[at].decode('latin-1')[:40]!r}, which is no number"
        ) from None
    except IndexError:
        at = len(words) + 1
    if at != len(words):
        raise invalid_ply_error(f"{where} has {len(words)} values; its header announces {len(properties)}")
    return values
