"""Segments of JPEG files, for what Pillow does not tell."""

from __future__ import annotations

import struct
from collections.abc import Iterator

_SOI, _EOI, _SOS, _APP2 = 0xD8, 0xD9, 0xDA, 0xE2
_FRAMES = frozenset({*range(0xC0, 0xD0)} - {0xC4, 0xC8, 0xCC})
"""SOF0 to SOF15: 0, 1 and 2 are baseline, extended and progressive with Huffman codes."""
_WITHOUT_LENGTH = frozenset({0x01, *range(0xD0, 0xD8)})
_COMMON_FRAMES = (0xC0, 0xC1, 0xC2)


def is_common_jpeg(data: bytes) -> bool:
    """Whether all programs read this coding: 8 bits, baseline or progressive, with Huffman codes."""
    for marker, start, _ in _segments(data):
        if marker in _FRAMES:
            return marker in _COMMON_FRAMES and data[start : start + 1] == b"\x08"
    return False


def uncommon_coding(data: bytes) -> str:
    """What is unusual about the coding of a JPEG, for people; empty where nothing is."""
    for marker, start, _ in _segments(data):
        if marker in _FRAMES:
            bits = data[start] if start < len(data) else 8
            if marker in (0xC3, 0xC7, 0xCB, 0xCF):
                return "lossless"
            return f"{bits}-bit" if bits != 8 else ""
    return ""


def first_picture(data: bytes) -> bytes | None:
    """The first picture of a multi-picture file, not encoded again; None if it has no end.

    The index of pictures is left out too, as are those that it lists: a second view, a preview, a gain map.
    """
    parts: list[bytes] = []
    kept = 0
    for marker, start, end in _segments(data):
        if marker == _EOI:
            return b"".join([*parts, data[kept:end]])
        if marker == _APP2 and data[start : start + 4] == b"MPF\0":
            parts.append(data[kept : start - 4])
            kept = end
    return None


def start_of_end(data: bytes) -> int | None:
    """Where the marker of the end of the first picture is; None if it has none."""
    return next((start - 2 for marker, start, _ in _segments(data) if marker == _EOI), None)


def _segments(data: bytes) -> Iterator[tuple[int, int, int]]:
    """Marker, start and end of the content of each segment; a scan's content includes its coded data."""
    at = 0
    while at + 2 <= len(data) and data[at] == 0xFF:
        marker = data[at + 1]
        if marker == 0xFF:  # fill byte
            at += 1
            continue
        if marker in (_SOI, _EOI) or marker in _WITHOUT_LENGTH:
            yield marker, at + 2, at + 2
            at += 2
            continue
        if at + 4 > len(data):
            return
        start, end = at + 4, at + 2 + struct.unpack_from(">H", data, at + 2)[0]
        if marker == _SOS:
            end = _end_of_scan(data, end)
        yield marker, start, end
        at = end


def _end_of_scan(data: bytes, at: int) -> int:
    """Where the next marker is that is neither a stuffed byte nor a restart marker."""
    while True:
        at = data.find(b"\xff", at)
        if at < 0 or at + 1 >= len(data):
            return len(data)
        if data[at + 1] != 0 and not 0xD0 <= data[at + 1] <= 0xD7:
            return at
        at += 2
