"""EXIF written by hand, as sound or as damaged as a test asks for, and photos with it in any container."""

from __future__ import annotations

import io
import struct
from dataclasses import dataclass

from PIL import Image

ASCII, SHORT, LONG, RATIONAL, UNDEFINED, DOUBLE = 2, 3, 4, 5, 7, 12
CONTAINERS = ("JPEG", "PNG", "TIFF", "WEBP", "HEIF", "AVIF")


@dataclass(frozen=True)
class Entry:
    """A tag as it is stored. `data` of more than 4 bytes lies behind the directory, or at `offset`."""

    tag: int
    kind: int
    count: int
    data: bytes
    offset: int | None = None


def short(tag: int, *values: int) -> Entry:
    return Entry(tag, SHORT, len(values), struct.pack(f"<{len(values)}H", *values))


def long(tag: int, value: int) -> Entry:
    return Entry(tag, LONG, 1, struct.pack("<I", value))


def text(tag: int, value: bytes, kind: int = ASCII) -> Entry:
    return Entry(tag, kind, len(value) + 1, value + b"\0")


def rational(tag: int, *values: tuple[int, int]) -> Entry:
    flat = [part for value in values for part in value]
    return Entry(tag, RATIONAL, len(values), struct.pack(f"<{len(flat)}I", *flat))


CAMERA = (text(0x10F, b"Maker"), text(0x110, b"M-1"), short(0x112, 6))
LENS = (
    text(0x9003, b"2024:05:01 10:11:12"),
    rational(0x920A, (5, 1)),
    short(0xA405, 28),
)
PLACE = (
    text(1, b"N"),
    rational(2, (48, 1), (5, 1), (5, 1)),
    text(3, b"E"),
    rational(4, (9, 1), (5, 1), (5, 1)),
    rational(6, (100, 1)),
)


def exif_bytes(
    top: tuple[Entry, ...] = CAMERA,
    details: tuple[Entry, ...] | None = LENS,
    place: tuple[Entry, ...] | None = PLACE,
    following: int = 0,
) -> bytes:
    """EXIF in little-endian order. Pointers to the directories are added unless `top` has its own."""
    own = {entry.tag for entry in top}
    parts = [(tag, part) for tag, part in ((0x8769, details), (0x8825, place)) if part and tag not in own]
    start = 8 + _size([*top, *(long(tag, 0) for tag, _ in parts)])
    data, pointers = b"", []
    for tag, entries in parts:
        pointers.append(long(tag, start + len(data)))
        data += _directory(list(entries), start + len(data))
    return b"II*\0" + struct.pack("<I", 8) + _directory([*top, *pointers], 8, following) + data


def _size(entries: list[Entry]) -> int:
    behind = [len(entry.data) for entry in entries if len(entry.data) > 4 and entry.offset is None]
    return 2 + 12 * len(entries) + 4 + sum(behind)


def _directory(entries: list[Entry], start: int, following: int = 0) -> bytes:
    at = start + 2 + 12 * len(entries) + 4
    head, behind = struct.pack("<H", len(entries)), b""
    for entry in entries:
        head += struct.pack("<HHI", entry.tag, entry.kind, entry.count)
        if entry.offset is not None:
            head += struct.pack("<I", entry.offset)
        elif len(entry.data) <= 4:
            head += entry.data.ljust(4, b"\0")
        else:
            head += struct.pack("<I", at + len(behind))
            behind += entry.data
    return head + struct.pack("<I", following) + behind


def photo_bytes(image: Image.Image, container: str, exif: bytes) -> bytes:
    """A photo with this EXIF; no library touches a byte of it."""
    buffer = io.BytesIO()
    if container == "TIFF":
        return _tiff(image, exif)
    if container == "AVIF":  # Pillow parses what it is given, so the item is filled in afterwards
        blank = b"MM\0*\0\0\0\x08\0\0\0\0\0\0" + bytes(max(0, len(exif) - 14))
        image.save(buffer, container, quality=90, exif=b"Exif\0\0" + blank)
        data = buffer.getvalue()
        at = data.index(blank[:14])
        assert len(exif) >= 14
        return data[:at] + exif + data[at + len(exif) :]
    options = {"HEIF": {"quality": 90}, "WEBP": {"quality": 90}, "JPEG": {"quality": 90}}.get(container, {})
    image.save(buffer, container, exif=b"Exif\0\0" + exif, **options)
    return buffer.getvalue()


def _tiff(image: Image.Image, exif: bytes) -> bytes:
    """The directory of `exif` with the tags of pixels that a TIFF needs; the pixels lie at the end."""
    (count,) = struct.unpack_from("<H", exif, 8)
    entries = [struct.unpack_from("<HHI4s", exif, 10 + 12 * index) for index in range(count)]
    pixels, bits_at = image.tobytes(), len(exif)
    base = bits_at + 6
    tags = (
        *((256, LONG, 1, image.width), (257, LONG, 1, image.height), (258, SHORT, 3, bits_at)),
        *((259, SHORT, 1, 1), (262, SHORT, 1, 2), (273, LONG, 1, base), (277, SHORT, 1, 3)),
        *((278, LONG, 1, image.height), (279, LONG, 1, len(pixels))),
    )
    entries += [(tag, kind, number, struct.pack("<I", value)) for tag, kind, number, value in tags]
    directory = struct.pack("<H", len(entries))
    directory += b"".join(struct.pack("<HHI4s", *entry) for entry in sorted(entries)) + bytes(4)
    at = struct.pack("<I", base + len(pixels))
    return b"II*\0" + at + exif[8:] + struct.pack("<3H", 8, 8, 8) + pixels + directory
