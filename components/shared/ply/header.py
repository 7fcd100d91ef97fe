"""The header of a ply: format, comments, elements and their properties."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

import numpy as np

from components.shared.errors import InputError

Format = Literal["ascii", "<", ">"]
"""Text, or the byte order of binary data."""

MAX_BYTES = 1 << 20
"""Of a header that is read."""
_FORMATS: dict[str, Format] = {"ascii": "ascii", "binary_little_endian": "<", "binary_big_endian": ">"}
_TYPES = {
    "char": "i1",
    "uchar": "u1",
    "short": "i2",
    "ushort": "u2",
    "int": "i4",
    "uint": "u4",
    "int8": "i1",
    "uint8": "u1",
    "int16": "i2",
    "uint16": "u2",
    "int32": "i4",
    "uint32": "u4",
    "int64": "i8",
    "uint64": "u8",
    "half": "f2",
    "float16": "f2",
    "float": "f4",
    "double": "f8",
    "float32": "f4",
    "float64": "f8",
}
"""NumPy's names of the types; 16-bit floats and 64-bit integers are an extension of some writers."""


@dataclass(frozen=True, slots=True)
class Property:
    """A column; `length_type` is the type of the length of each list, None for a single value."""

    name: str
    type: str
    length_type: str | None = None


@dataclass(frozen=True, slots=True)
class Element:
    """A table of `count` rows."""

    name: str
    count: int
    properties: tuple[Property, ...]

    @property
    def names(self) -> list[str]:
        return [each.name for each in self.properties]

    @property
    def has_lists(self) -> bool:
        return any(each.length_type for each in self.properties)

    def row_type(self, byte_order: str) -> np.dtype[np.void]:
        """A row without lists; the fields are named by their index, since any text can name a property."""
        return np.dtype([(str(i), byte_order + each.type) for i, each in enumerate(self.properties)])


@dataclass(frozen=True, slots=True)
class Header:
    """`size`: bytes before the data."""

    format: Format
    comments: tuple[str, ...]
    elements: tuple[Element, ...]
    size: int

    def find(self, name: str) -> Element | None:
        return next((each for each in self.elements if each.name == name), None)


def invalid_ply_error(problem: str) -> InputError:
    """The error for a file that is damaged; `problem` names the value and what it should be."""
    return InputError(
        problem, remedy="Download the file again, or export it again as a 3D Gaussian splatting .ply."
    )


def read_header(data: bytes) -> Header:
    """The header at the start of `data`; its lines end in LF, CR LF or CR.

    Comments may have any encoding: what is no ASCII in them has no meaning here.

    Raises:
        InputError: it has no end within 1 MiB, or a line cannot be understood.
    """
    lines, size = _lines(data[:MAX_BYTES])
    format_: Format | None = None
    comments: list[str] = []
    elements: list[tuple[str, int, list[Property]]] = []
    for line in lines:
        keyword, *words = line.split() or [""]
        if keyword == "format" and words and words[0] in _FORMATS:
            format_ = _FORMATS[words[0]]
        elif keyword == "comment":
            comments.append(" ".join(words))
        elif keyword == "element" and len(words) >= 2 and words[-1].isascii() and words[-1].isdigit():
            elements.append((" ".join(words[:-1]), int(words[-1][:20]), []))
        elif keyword == "property" and elements:
            elements[-1][2].append(_property(line, words))
        elif keyword not in ("", "obj_info"):
            raise invalid_ply_error(f"the line {_shown(line)} of its header is not understood")
    if format_ is None:
        raise invalid_ply_error("its header names no format")
    return Header(
        format_, tuple(comments), tuple(Element(name, n, tuple(each)) for name, n, each in elements), size
    )


def _lines(data: bytes) -> tuple[list[str], int]:
    """Lines before `end_header`, and where the data starts."""
    first = re.match(rb"(?:\xef\xbb\xbf)?ply[ \t]*(\r\n|\n|\r)", data)
    if first is None:
        raise invalid_ply_error("it does not start with the line 'ply'")
    # After CR alone, an LF would be the first byte of the data.
    newline = rb"\r" if first[1] == b"\r" else rb"\r?\n"
    end = re.search(rb"[\r\n][ \t]*end_header[ \t]*(?:" + newline + rb"|$)", data)
    if end is None:
        raise invalid_ply_error(f"its header has no end within {len(data):,} bytes")
    return re.split(r"[\r\n]+", data[first.end() : end.start()].decode("latin-1")), end.end()


def _property(line: str, words: list[str]) -> Property:
    if len(words) == 4 and words[0] == "list":
        _, length, kind, name = words
        if _TYPES.get(length, "f")[0] in "iu" and kind in _TYPES:
            return Property(name, _TYPES[kind], _TYPES[length])
    elif len(words) == 2 and words[0] in _TYPES:
        return Property(words[1], _TYPES[words[0]])
    raise invalid_ply_error(f"the line {_shown(line)} of its header names no known type and one name")


def _shown(line: str) -> str:
    line = line.strip()
    return repr(line if len(line) <= 80 else line[:77] + "...")
