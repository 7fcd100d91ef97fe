"""What the header of an MP4 or MOV says that FFmpeg does not pass on."""

from __future__ import annotations

import re
import struct
from enum import Enum
from pathlib import Path

_MAX_BYTES = 64_000_000
_MAX_BOXES = 1_000
_FIRST_BOXES = (b"ftyp", b"moov", b"mdat", b"free", b"skip", b"wide", b"pnot")


class Mp4Header(Enum):
    """A header that cannot be read."""

    MISSING = "the file has no box `moov`"


def read_mp4_header(path: Path) -> bytes | Mp4Header | None:
    """The box `moov`, of at most 64 MB; None for a file that is no MP4 or MOV."""
    with path.open("rb") as file:
        end = path.stat().st_size
        for number in range(_MAX_BOXES):
            start = file.tell()
            head = file.read(16)
            if number == 0 and head[4:8] not in _FIRST_BOXES:
                return None
            if len(head) < 8:
                break
            size, name = struct.unpack(">I4s", head[:8])
            if size == 1 and len(head) == 16:
                size = struct.unpack(">Q", head[8:])[0]
            if name == b"moov":
                file.seek(start)
                return file.read(min(size or end, _MAX_BYTES))
            if size < 8 or start + size > end:  # 0 reaches to the end of the file
                break
            file.seek(start + size)
    return Mp4Header.MISSING


def spherical_projection(header: bytes) -> str:
    """Projection that the XMP of spherical video, version 1, states, as 360° cameras write it.

    `stereo` where the picture has two parts, for both eyes; empty for other films.
    """
    text = header.lower().replace(b" ", b"")
    if not re.search(rb"""gspherical:spherical(>|=["'])true""", text):
        return ""
    stereo = re.search(rb"""gspherical:stereomode(?:>|=["'])([a-z-]+)""", text)
    if stereo and stereo[1] != b"mono":
        return "stereo"
    projection = re.search(rb"""gspherical:projectiontype(?:>|=["'])([a-z]+)""", text)
    return projection[1].decode() if projection else "equirectangular"


def dolby_vision_profile(header: bytes) -> int | None:
    """Profile in the first box `dvcC`, `dvvC` or `dvwC`; None for other films."""
    for name in (b"dvcC", b"dvvC", b"dvwC"):
        at = header.find(name)
        if at >= 0 and len(header) > at + 6:
            return header[at + 6] >> 1
    return None
