"""What a file is, from its first bytes and whatever its name, for errors that name what was found."""

from __future__ import annotations

import re
import struct
import zlib
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from components.shared.errors import InputError


@dataclass(frozen=True, slots=True)
class FileKind:
    """`name` completes "this is …"; `remedy` says what to do with such a file in place of a scene."""

    name: str
    remedy: str


_AGAIN = "Download it again, or export it again."
_OTHER = "Another format is needed here: make it by `kubesplat convert IN OUT`."
_TRAINED = "Give the 3D Gaussian splatting .ply or the .sog of the scene."
_UNPACK = "Unpack it, and give the .ply in it."
_PHOTOS = "To make a scene of photos or a video, use `kubesplat run`."

PLY = FileKind("a ply", "A .sog is needed here: make it by `kubesplat compress`.")
ZIP = FileKind("a zip archive", "A .ply is needed here: make it of a .sog by `kubesplat decompress`.")
JSON = FileKind("a JSON file", _TRAINED)
EMPTY = FileKind("an empty file", _AGAIN)
UNKNOWN = FileKind(
    "no scene of a known format",
    "Give a 3D Gaussian splatting .ply, .sog, .spz, .glb or .splat, or the folder of an unbundled SOG.",
)

SPZ = FileKind("an SPZ file (Niantic)", _OTHER)
SPLAT = FileKind("a .splat file", _OTHER)
GLB = FileKind("a glTF file (.glb)", _OTHER)
USD = FileKind("an OpenUSD file", _OTHER)
_KSPLAT = FileKind(
    "a .ksplat file, which cannot be read",
    "Convert it to a .ply, for example by `npx @playcanvas/splat-transform IN OUT.ply`.",
)
WEB_PAGE = FileKind(
    "a web page or the error message of a server, not a scene",
    "Open the address in a browser, and download the file itself.",
)
LFS = FileKind("a placeholder of Git LFS, not the file itself", "Run `git lfs pull` in its repository.")
_PICKLE = FileKind("a PyTorch or pickle file", "Export the scene as a .ply by the program that trained it.")
_STARTS: list[tuple[bytes, FileKind]] = [
    (b"PK\3\4", ZIP),
    (b"PK\5\6", ZIP),
    (b"NGSP", SPZ),
    (b"PXR-USDC", USD),
    (b"#usda", USD),
    (b"glTF", GLB),
    (b"version https://git-lfs", LFS),
    (b"\x89PNG", FileKind("a PNG picture", _PHOTOS)),
    (b"\xff\xd8\xff", FileKind("a JPEG photo", _PHOTOS)),
    (b"GIF8", FileKind("a GIF picture", _PHOTOS)),
    (b"%PDF", FileKind("a PDF document", _TRAINED)),
    (b"LASF", FileKind("a LAS point cloud", _TRAINED)),
    (b"# .PCD", FileKind("a PCD point cloud", _TRAINED)),
    (b"ASTM-E57", FileKind("an E57 point cloud", _TRAINED)),
    (b"\x93NUMPY", FileKind("a NumPy array", _TRAINED)),
    (b"\x80\x02", _PICKLE),
    (b"7z\xbc\xaf\x27\x1c", FileKind("a 7z archive", _UNPACK)),
    (b"Rar!", FileKind("a RAR archive", _UNPACK)),
    (b"\x28\xb5\x2f\xfd", FileKind("a file compressed by Zstandard", _UNPACK)),
    (b"\xfd7zXZ", FileKind("a file compressed by xz", _UNPACK)),
    (b"BZh", FileKind("a file compressed by bzip2", _UNPACK)),
]
_USDZ = re.compile(rb"PK\x03\x04.{26}[^\x00]{1,255}\.usd[ac]?", re.DOTALL)
"""A zip whose first file is a USD layer."""
_HEAD_BYTES = 4096
_SPLAT_BYTES = 32
"""Size of a Gaussian in a .splat, which has no header."""


def kind_of_file(path: Path) -> FileKind:
    """The kind of a file by its content; by its suffix only for kinds without any mark in it."""
    with path.open("rb") as file:
        head = file.read(_HEAD_BYTES)
    return _kind_of(head, path.stat().st_size, path.suffix.lower())


def foreign_file_error(path: Path) -> InputError:
    """The error for a file that is given in place of a scene."""
    kind = kind_of_file(path)
    return InputError(f"{path.name} is {kind.name}", remedy=kind.remedy)


def _kind_of(head: bytes, size: int, suffix: str) -> FileKind:
    unmarked = head.removeprefix(b"\xef\xbb\xbf")  # editors put a byte order mark before text
    text = unmarked.lstrip()
    if size == 0:
        return EMPTY
    if re.match(rb"ply\s", unmarked):
        return PLY
    if _USDZ.match(head):
        return USD
    for start, kind in _STARTS:
        if head.startswith(start):
            return kind
    if head[:2] == b"\x1f\x8b":
        return _kind_of_gzip(head)
    if head[:4] == b"RIFF":
        return FileKind("a WebP picture" if head[8:12] == b"WEBP" else "an audio or video file", _PHOTOS)
    if head[4:8] == b"ftyp":
        return FileKind("a video or HEIC photo", _PHOTOS)
    if head[257:262] == b"ustar":
        return FileKind("a tar archive", _UNPACK)
    if re.match(rb"<(!doctype|html|head|body|\?xml|error)", text, re.IGNORECASE):
        return WEB_PAGE
    if text[:1] == b"{":
        return JSON
    if suffix == ".spz":
        return SPZ
    if suffix == ".splat" or (size % _SPLAT_BYTES == 0 and _looks_like_splat(head)):
        return SPLAT
    if suffix == ".ksplat" or (size > _HEAD_BYTES and _looks_like_ksplat(head)):
        return _KSPLAT
    return UNKNOWN


def _kind_of_gzip(head: bytes) -> FileKind:
    try:
        content = zlib.decompressobj(16 + zlib.MAX_WBITS).decompress(head, 16)
    except zlib.error:
        content = b""
    if content.startswith(b"NGSP"):
        return SPZ
    if content.startswith(b"ply"):
        return FileKind("a ply compressed by gzip", "Unpack it by `gunzip`, and give the .ply.")
    return FileKind("a file compressed by gzip", _UNPACK)


def _looks_like_splat(head: bytes) -> bool:
    """Whether all records at the start have finite positions, positive scales and unit quaternions."""
    count = len(head) // _SPLAT_BYTES
    record = np.dtype([("floats", "<f4", 6), ("color", "u1", 4), ("rotation", "u1", 4)])
    records = np.frombuffer(head, record, count)
    with np.errstate(all="ignore"):
        lengths = np.linalg.norm((records["rotation"].astype(np.float64) - 128) / 128, axis=1)
        floats = records["floats"]
        is_plausible = np.isfinite(floats).all(axis=1) & (floats[:, 3:] > 0).all(axis=1)
        is_plausible &= np.abs(lengths - 1.0) < 0.05
    return count > 0 and bool(is_plausible.all())


def _looks_like_ksplat(head: bytes) -> bool:
    """Whether the first 4,096 bytes are the header of a .ksplat: version 0.1 and plausible counts."""
    sections, used_sections, most_splats, splats, mode = struct.unpack_from("<4IH", head, 4)
    is_plausible = 0 < used_sections <= sections and 0 < splats <= most_splats and mode <= 2
    return head[:2] == b"\0\1" and is_plausible
