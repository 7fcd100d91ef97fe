"""Chunks of PNG files, for what Pillow does not read."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

SIGNATURE = b"\x89PNG\r\n\x1a\n"
_PIXEL_CHUNKS = (b"IHDR", b"PLTE", b"tRNS", b"IDAT", b"IEND")
_MAX_READ = 4096


def read_chunks(path: Path) -> dict[bytes, bytes]:
    """The first 4096 bytes of each kind of chunk before the pixels; empty for other files."""
    with path.open("rb") as file:
        chunks: dict[bytes, bytes] = {}
        for kind, length in _chunks(file):
            if kind == b"IDAT":
                break
            chunks.setdefault(kind, file.read(min(length, _MAX_READ)))
        return chunks


def without_metadata(path: Path) -> bytes:
    """The file with only the chunks that its pixels need, so that damage in others costs nothing."""
    with path.open("rb") as file:
        parts = [SIGNATURE]
        for kind, length in _chunks(file):
            if kind in _PIXEL_CHUNKS:
                body = file.read(length)
                if kind == b"tRNS" and not 0 < length <= 256:
                    continue
                parts.append(struct.pack(">I", length) + kind + body + file.read(4))
        return b"".join(parts)


def _chunks(file: BinaryIO) -> Iterator[tuple[bytes, int]]:
    """Kind and length of each chunk, with `file` at the chunk's data; it may be moved in between."""
    at = len(SIGNATURE)
    if file.read(at) != SIGNATURE:
        return
    while True:
        file.seek(at)
        header = file.read(8)
        if len(header) < 8:
            return
        length, kind = struct.unpack(">I4s", header)
        yield kind, length
        at += 12 + length
