"""Open the container of an SPZ: zstd streams (version 4), or one gzip stream (1 to 3).

Sizes follow from the header, which is checked against the size of the file, before anything is unpacked.
"""

from __future__ import annotations

import math
import struct
import zlib
from dataclasses import replace

import numpy as np
import zstandard

from components.shared.errors import InputError
from components.shared.spz.layout import (
    ANTIALIASED,
    FIRST_ZSTD_VERSION,
    HAS_EXTENSIONS,
    HEADER,
    LEGACY_HEADER,
    MAGIC,
    STREAM_ENTRY,
    SpzHeader,
    SpzScene,
    check_header,
    invalid_spz_error,
)

_LEGACY_BYTES, _HEADER_BYTES = struct.calcsize(LEGACY_HEADER), struct.calcsize(HEADER)
_ENTRY_BYTES = struct.calcsize(STREAM_ENTRY)
_MAX_EXTENSION_BYTES = 1 << 20
_COORDINATE_SYSTEM = 0xADBE0003
"""The extension that says which axes the positions have."""


def read_streams(data: bytes) -> SpzScene:
    """The header and all attributes, still encoded.

    Raises:
        InputError: it is no SPZ of version 1 to 4, incomplete, or announces what it cannot hold.
    """
    if data.startswith(MAGIC):
        return _read_zstd(data)
    return _read_gzip(data)


def _read_zstd(data: bytes) -> SpzScene:
    if len(data) < _HEADER_BYTES:
        raise invalid_spz_error(f"it is incomplete: it has {len(data)} bytes, fewer than its header")
    header, flags = _parse_header(data, len(data))
    if header.version < FIRST_ZSTD_VERSION:
        raise invalid_spz_error(f"it says version {header.version}, but is not packed by gzip")
    names = [name for name, shape in header.shapes.items() if math.prod(shape)]
    streams, table = struct.unpack_from(HEADER, data)[-2:]
    if streams != len(names):
        raise invalid_spz_error(f"it has {streams} streams; its header needs {len(names)}")
    if table < _HEADER_BYTES or table + streams * _ENTRY_BYTES > len(data):
        raise invalid_spz_error(f"its table of streams lies at byte {table:,} of {len(data):,}")
    if flags & HAS_EXTENSIONS:
        header = replace(header, axes=_find_axes(data[_HEADER_BYTES:table]))
    unpacked = _unpack_streams(data, table, {name: math.prod(header.shapes[name]) for name in names})
    return SpzScene(
        header,
        {
            name: np.frombuffer(unpacked.get(name, b""), np.uint8).reshape(shape)
            for name, shape in header.shapes.items()
        },
    )


def _unpack_streams(data: bytes, table: int, sizes: dict[str, int]) -> dict[str, bytes]:
    """The streams that the table at byte `table` lists, by name; `sizes` are those of their content."""
    unpacked = {}
    start = table + len(sizes) * _ENTRY_BYTES
    for index, (name, expected) in enumerate(sizes.items()):
        packed_size, size = struct.unpack_from(STREAM_ENTRY, data, table + index * _ENTRY_BYTES)
        if size != expected:
            raise invalid_spz_error(f"its stream of {name} has {size:,} bytes, not {expected:,}")
        if packed_size > len(data) - start:
            raise invalid_spz_error(f"it is incomplete: it ends within its {name}")
        unpacked[name] = _unpack_zstd(data[start : start + packed_size], size, name)
        start += packed_size
    return unpacked


def _unpack_zstd(stream: bytes, size: int, name: str) -> bytes:
    try:
        # zstandard believes the size that the stream announces, and allocates it.
        announced = zstandard.frame_content_size(stream)
        if announced not in (size, -1):
            raise invalid_spz_error(f"its {name} unpack to {announced:,} bytes, not {size:,}")
        unpacked = zstandard.ZstdDecompressor().decompress(stream, max_output_size=size)
    except zstandard.ZstdError as error:
        raise invalid_spz_error(f"its {name} cannot be unpacked: {error}") from error
    if len(unpacked) != size:
        raise invalid_spz_error(f"its {name} unpack to {len(unpacked):,} bytes, not {size:,}")
    return unpacked


def _read_gzip(data: bytes) -> SpzScene:
    stream = zlib.decompressobj(16 + zlib.MAX_WBITS)
    try:
        head = stream.decompress(data, _LEGACY_BYTES)
        if len(head) < _LEGACY_BYTES or not head.startswith(MAGIC):
            raise invalid_spz_error("it does not start with the header of an SPZ")
        header, flags = _parse_header(head, len(data))
        sizes = [math.prod(shape) for shape in header.shapes.values()]
        body = stream.decompress(stream.unconsumed_tail, sum(sizes)) if sum(sizes) else b""
        behind = stream.decompress(stream.unconsumed_tail, _MAX_EXTENSION_BYTES)
    except zlib.error as error:
        raise invalid_spz_error(f"it cannot be unpacked: {error}") from error
    if len(body) < sum(sizes):
        raise invalid_spz_error(f"it is incomplete: it has {len(body):,} bytes of {sum(sizes):,}")
    parts = np.split(np.frombuffer(body, np.uint8), np.cumsum(sizes[:-1]))
    attributes = {
        name: part.reshape(shape) for (name, shape), part in zip(header.shapes.items(), parts, strict=True)
    }
    if flags & HAS_EXTENSIONS:
        header = replace(header, axes=_find_axes(behind))
    return SpzScene(header, attributes)


def _parse_header(data: bytes, file_bytes: int) -> tuple[SpzHeader, int]:
    """The header and its flags."""
    _, version, count, degree, bits, flags, _ = struct.unpack_from(LEGACY_HEADER, data)
    if not 1 <= version <= FIRST_ZSTD_VERSION:
        raise InputError(
            f"it is an SPZ of version {version}; 1 to {FIRST_ZSTD_VERSION} can be read",
            remedy="Update kubesplat, or export the scene as SPZ version 4 or as a .ply.",
        )
    header = SpzHeader(version, count, degree, bits, bool(flags & ANTIALIASED))
    check_header(header, file_bytes)
    return header, flags


def _find_axes(extensions: bytes) -> int | None:
    """The code of the axes in a list of extensions, each of a type, a size and as many bytes."""
    at = 0
    while at + 8 <= len(extensions):
        kind, size = struct.unpack_from("<II", extensions, at)
        if kind == _COORDINATE_SYSTEM and size == 4 and at + 12 <= len(extensions):
            return int(struct.unpack_from("<I", extensions, at + 8)[0])
        at += 8 + size
    return None
