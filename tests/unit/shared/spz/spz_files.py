"""SPZ files of all versions, put together here from the published layout, not by the writer under test."""

from __future__ import annotations

import gzip
import struct
import zlib

import numpy as np
import zstandard

ATTRIBUTES = ("positions", "alphas", "colors", "scales", "rotations", "sh")


def one_gaussian(version: int = 4, *, degree: int = 0, turned: bool = False) -> dict[str, bytes]:
    """A gray and blue Gaussian at (1, 2, 3), of scale e^-4; `turned` around x by a half turn."""
    positions = np.array([1, 2, 3])
    encoded = (
        positions.astype("<f2").tobytes()
        if version == 1
        else b"".join(int(each * 4096).to_bytes(3, "little", signed=True) for each in positions)
    )
    if version < 3:
        rotation = bytes([255 if turned else 128, 128, 128])
    else:
        rotation = struct.pack("<I", (0 if turned else 3) << 30)
    sh = bytes([192] * 3 * (0, 3, 8, 15, 24)[degree])
    return {
        "positions": encoded,
        "alphas": bytes([128]),
        "colors": bytes([128, 128, 255]),
        "scales": bytes([96] * 3),
        "rotations": rotation,
        "sh": sh,
    }


def legacy(
    attributes: dict[str, bytes], *, version: int, count: int = 1, degree: int = 0, behind: bytes = b""
) -> bytes:
    """A file of version 1 to 3; `behind`: extensions."""
    header = struct.pack("<4sIIBBBB", b"NGSP", version, count, degree, 12, 2 if behind else 0, 0)
    return gzip.compress(header + b"".join(attributes[name] for name in ATTRIBUTES) + behind, mtime=0)


def version_4(
    attributes: dict[str, bytes], *, count: int = 1, degree: int = 0, extensions: bytes = b"", flags: int = 0
) -> bytes:
    streams = [attributes[name] for name in ATTRIBUTES if attributes[name]]
    packed = [zstandard.compress(each) for each in streams]
    flags |= 2 if extensions else 0
    header = struct.pack(
        "<4sIIBBBBI12x", b"NGSP", 4, count, degree, 12, flags, len(streams), 32 + len(extensions)
    )
    table = b"".join(
        struct.pack("<QQ", len(each), len(real)) for each, real in zip(packed, streams, strict=True)
    )
    return header + extensions + table + b"".join(packed)


def axes(code: int) -> bytes:
    """The extension that names the axes, behind another one."""
    return struct.pack("<II3s", 0x00010001, 3, b"abc") + struct.pack("<III", 0xADBE0003, 4, code)


def gzip_bomb(header: bytes, size: int) -> bytes:
    """A gzip stream of `header` and `size` zeros, made in pieces."""
    stream = zlib.compressobj(9, zlib.DEFLATED, 31)
    pieces = [stream.compress(header)]
    pieces += [stream.compress(bytes(1 << 20)) for _ in range(size >> 20)]
    return b"".join([*pieces, stream.flush()])
