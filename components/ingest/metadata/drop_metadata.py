"""Copies of photos without metadata, for files that their decoder refuses because of it."""

from __future__ import annotations

import struct
from pathlib import Path

from components.ingest.metadata.png_chunks import SIGNATURE, without_metadata

_PIXEL_TAGS = frozenset(
    (
        *(254, 256, 257, 258, 259, 262, 266, 273, 274, 277, 278, 279, 284, 292, 293, 317, 320, 322, 323),
        *(324, 325, 332, 338, 339, 347, 529, 530, 531, 532, 34675),
    )
)
"""TIFF tags that say how pixels are stored and what their colours mean."""
_FIRST_PRIVATE_TAG = 65_000
_UNUSED_ITEM = b"skip"


def drop_metadata(path: Path) -> bytes | None:
    """The file with only what its pixels need; None where that is not known, or there is nothing to drop."""
    data = path.read_bytes()
    if data.startswith(SIGNATURE):
        return without_metadata(path)
    if data[:4] in (b"II*\0", b"MM\0*"):
        changed = _tiff(data)
    elif data[4:8] == b"ftyp":
        changed = _iso_media(data)
    else:
        return None
    return None if changed == data else changed


def _tiff(data: bytes) -> bytes:
    """Other tags of the first directory become private ones with no value; the offsets stay right."""
    order = "<" if data[:2] == b"II" else ">"
    try:
        (start,) = struct.unpack_from(order + "I", data, 4)
        (count,) = struct.unpack_from(order + "H", data, start)
        entries = struct.unpack_from(order + "H10x" * count, data, start + 2) if count else ()
    except struct.error:
        return data
    changed = bytearray(data)
    for index, tag in enumerate(entries):
        if tag not in _PIXEL_TAGS:
            private = min(_FIRST_PRIVATE_TAG + index, 65_535)
            struct.pack_into(order + "HHII", changed, start + 2 + 12 * index, private, 1, 1, 0)
    return bytes(changed)


def _iso_media(data: bytes) -> bytes:
    """HEIF and AVIF: in the list of items, those of EXIF and XMP get a type that decoders ignore."""
    changed = bytearray(data)
    at = data.find(b"infe")
    while at >= 0:
        version = data[at + 4 : at + 5]
        kind = at + (12 if version == b"\x02" else 14)
        if data[kind : kind + 4] in (b"Exif", b"mime"):
            changed[kind : kind + 4] = _UNUSED_ITEM
        at = data.find(b"infe", at + 4)
    return bytes(changed)
