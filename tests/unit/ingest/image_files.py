"""PNG and TIFF files of any depth, written by hand: Pillow writes only some."""

from __future__ import annotations

import struct
import zlib

import numpy as np

_SHORT, _LONG, _UNDEFINED = 3, 4, 7
_PNG_COLOR_TYPES = {1: 0, 2: 4, 3: 2, 4: 6}


def png_chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png_bytes(pixels: np.ndarray, *chunks: tuple[bytes, bytes], icc: bytes = b"", exif: bytes = b"") -> bytes:
    """A PNG of uint8 or uint16 [H, W] or [H, W, 2 to 4]; `chunks` come before the pixels."""
    height, width = pixels.shape[:2]
    channels = 1 if pixels.ndim == 2 else pixels.shape[2]
    bits = 8 * pixels.dtype.itemsize
    rows = pixels.astype(pixels.dtype.newbyteorder(">")).reshape(height, -1)
    packed = zlib.compress(b"".join(b"\0" + row.tobytes() for row in rows), 1)
    header = struct.pack(">IIBBBBB", width, height, bits, _PNG_COLOR_TYPES[channels], 0, 0, 0)
    parts = [png_chunk(b"IHDR", header), *(png_chunk(*chunk) for chunk in chunks)]
    parts += [png_chunk(b"iCCP", b"icc\0\0" + zlib.compress(icc))] if icc else []
    parts += [png_chunk(b"eXIf", exif)] if exif else []
    return b"\x89PNG\r\n\x1a\n" + b"".join([*parts, png_chunk(b"IDAT", packed), png_chunk(b"IEND", b"")])


def tiff_bytes(
    pixels: np.ndarray,
    photometric: int,
    *,
    order: str = "<",
    deflate: bool = False,
    planar: bool = False,
    extra: int | None = None,
    tile_px: int = 0,
    icc: bytes = b"",
) -> bytes:
    """A TIFF of any number type, [H, W] or [H, W, C], in one strip, one for each plane, or square tiles.

    photometric: 0 white is zero, 1 black is zero, 2 RGB, 5 CMYK, 8 CIELAB. extra: kind of the last channel.
    """
    height, width = pixels.shape[:2]
    channels = 1 if pixels.ndim == 2 else pixels.shape[2]
    ordered = pixels.astype(pixels.dtype.newbyteorder(order))
    planes = [ordered[..., index] for index in range(channels)] if planar else [ordered]
    strips = _tiles(ordered, tile_px) if tile_px else [plane.tobytes() for plane in planes]
    strips = [zlib.compress(strip, 1) for strip in strips] if deflate else strips
    sample_format = {"u": 1, "i": 2, "f": 3}[pixels.dtype.kind]
    entries = {
        256: (_LONG, [width]),
        257: (_LONG, [height]),
        258: (_SHORT, [8 * pixels.dtype.itemsize] * channels),
        259: (_SHORT, [8 if deflate else 1]),
        262: (_SHORT, [photometric]),
        273: (_LONG, [0] * len(strips)),
        277: (_SHORT, [channels]),
        278: (_LONG, [height]),
        279: (_LONG, [len(strip) for strip in strips]),
        284: (_SHORT, [2 if planar else 1]),
        339: (_SHORT, [sample_format] * channels),
    }
    if tile_px:
        entries[322] = entries[323] = (_SHORT, [tile_px])
        entries[324], entries[325] = entries.pop(273), entries.pop(279)
        del entries[278]
    if extra is not None:
        entries[338] = (_SHORT, [extra])
    if icc:
        entries[34675] = (_UNDEFINED, list(icc))
    return _tiff(entries, strips, order)


def _tiles(pixels: np.ndarray, size: int) -> list[bytes]:
    padding = [(0, -pixels.shape[0] % size), (0, -pixels.shape[1] % size), (0, 0)][: pixels.ndim]
    padded = np.pad(pixels, padding)
    rows, columns = (range(0, padded.shape[axis], size) for axis in (0, 1))
    return [padded[row : row + size, column : column + size].tobytes() for row in rows for column in columns]


def _tiff(entries: dict[int, tuple[int, list[int]]], strips: list[bytes], order: str) -> bytes:
    codes = {_SHORT: "H", _LONG: "I", _UNDEFINED: "B"}
    packed = {
        tag: struct.pack(f"{order}{len(values)}{codes[kind]}", *values)
        for tag, (kind, values) in entries.items()
    }
    start = 8 + 2 + 12 * len(entries) + 4
    behind = sum(len(data) + len(data) % 2 for data in packed.values() if len(data) > 4)
    offsets = np.cumsum([start + behind, *map(len, strips)])[:-1].tolist()
    packed[273 if 273 in entries else 324] = struct.pack(f"{order}{len(strips)}I", *offsets)
    directory, values = struct.pack(order + "H", len(entries)), b""
    for tag, (kind, content) in sorted(entries.items()):
        data = packed[tag]
        directory += struct.pack(order + "HHI", tag, kind, len(content))
        if len(data) <= 4:
            directory += data.ljust(4, b"\0")
        else:
            directory += struct.pack(order + "I", start + len(values))
            values += data + bytes(len(data) % 2)
    head = (b"II*\0" if order == "<" else b"MM\0*") + struct.pack(order + "I", 8)
    return head + directory + bytes(4) + values + b"".join(strips)
