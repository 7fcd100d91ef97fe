"""Tags of TIFF directories, as EXIF has them. Damage costs the value that it is in, and no other."""

from __future__ import annotations

import struct
from collections.abc import Iterator, Mapping
from typing import BinaryIO

Value = bytes | tuple[float | None, ...]
"""Text and undefined bytes, or numbers; None for 0/0, by which EXIF says unknown."""
_TEXT_TYPES = (2, 7, 129)
_NUMBERS = {1: "B", 3: "H", 4: "I", 5: "II", 6: "b", 8: "h", 9: "i", 10: "ii", 11: "f", 12: "d", 13: "I"}
_NUMBERS |= {16: "Q", 17: "q", 18: "Q"}
_RATIONALS = (5, 10)
_MAX_BYTES = 65_536
_ENTRIES = {42: ("H", "HHI4s", "I"), 43: ("Q", "HHQ8s", "Q")}
"""Formats of the number of entries, an entry and an offset, by version: TIFF and BigTIFF."""


class TiffTags:
    """The directories of a TIFF file, or of EXIF without the mark `Exif` before it.

    `problems` collects what could not be read, in words. Chains of directories are not followed.
    """

    def __init__(self, file: BinaryIO) -> None:
        self.problems: list[str] = []
        self._file = file
        self._size = file.seek(0, 2)
        head = self._read(0, 16).ljust(16, b"\0")
        self._order = {b"II": "<", b"MM": ">"}.get(head[:2], "")
        (version,) = struct.unpack_from((self._order or "<") + "H", head, 2)
        self.first: int | None = None
        """Offset of the first directory; None where this is no TIFF."""
        if not self._order or version not in _ENTRIES:
            self.problems.append("it does not begin as EXIF does")
            return
        self._count, self._entry, self._offset = (self._order + part for part in _ENTRIES[version])
        (self.first,) = struct.unpack_from(self._offset, head, 4 if version == 42 else 8)

    def read(self, name: str, offset: int | None, wanted: Mapping[int, str]) -> dict[int, Value]:
        """Values of the tags `wanted` of the directory at `offset`; the first where one comes twice."""
        values: dict[int, Value] = {}
        for tag, kind, count, field in self._entries(name, offset):
            if tag in wanted and tag not in values:
                value = self._value(wanted[tag], kind, count, field)
                if value is not None:
                    values[tag] = value
        return values

    def _entries(self, name: str, offset: int | None) -> Iterator[tuple[int, int, int, bytes]]:
        if offset is None:
            return
        head = self._read(offset, struct.calcsize(self._count))
        if len(head) < struct.calcsize(self._count):
            self.problems.append(f"{name} lies outside the data")
            return
        (count,) = struct.unpack(self._count, head)
        size = struct.calcsize(self._entry)
        block = self._read(offset + len(head), count * size)
        if len(block) < count * size:
            self.problems.append(f"{name} is cut off")
        yield from struct.iter_unpack(self._entry, block[: len(block) // size * size])

    def _value(self, name: str, kind: int, count: int, field: bytes) -> Value | None:
        code = "s" if kind in _TEXT_TYPES else _NUMBERS.get(kind)
        if code is None:
            self.problems.append(f"{name} is of the unknown type {kind}")
            return None
        size = count * struct.calcsize(self._order + code)
        if size > _MAX_BYTES:
            self.problems.append(f"{name} claims {count} values")
            return None
        if size > len(field):
            (at,) = struct.unpack(self._offset, field)
            field = self._read(at, size)
        if len(field) < size:
            self.problems.append(f"{name} lies outside the data")
            return None
        if kind in _TEXT_TYPES:
            return field[:size]
        return tuple(self._numbers(name, kind, field[:size], self._order + code))

    def _numbers(self, name: str, kind: int, data: bytes, code: str) -> Iterator[float | None]:
        for parts in struct.iter_unpack(code, data):
            if kind not in _RATIONALS:
                yield parts[0]
            elif parts[1]:
                yield parts[0] / parts[1]
            else:
                yield None if parts[0] == 0 else float("inf")

    def _read(self, offset: int, size: int) -> bytes:
        if offset >= self._size:
            return b""
        self._file.seek(offset)
        return self._file.read(min(size, self._size - offset))
