"""Read Gaussians from a ply."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import BinaryIO

import numpy as np

from components.shared.errors import InputError
from components.shared.file_kinds import PLY, foreign_file_error, kind_of_file
from components.shared.ply.columns import read_columns
from components.shared.ply.gaussians import read_gaussians
from components.shared.ply.header import MAX_BYTES, Header, invalid_ply_error, read_header
from components.shared.ply.read_compressed import PACKED, read_compressed
from components.shared.splats import Splats

_MIN_PAIRS = 8


def read_ply(path: Path) -> Splats:
    """Read a 3DGS ply of any SH degree, text or binary, standard or compressed. See README.md.

    Raises:
        InputError: the file is of another kind, incomplete, or no scene of Gaussians.
    """
    if kind_of_file(path) != PLY:
        raise foreign_file_error(path)
    try:
        # Values beyond float32 become infinite, which is no error of the reader.
        with path.open("rb") as file, np.errstate(over="ignore", invalid="ignore"):
            return _read(file)
    except InputError as error:
        raise InputError(f"{path.name}: {error.message}", remedy=error.remedy) from error


def _read(file: BinaryIO) -> Splats:
    header = read_header(file.read(MAX_BYTES))
    vertex = header.find("vertex")
    if vertex is None:
        raise invalid_ply_error("it has no element 'vertex', so no Gaussians")
    _refuse_text_transfer(file, header)
    is_packed = PACKED in vertex.names
    columns = read_columns(file, header, ["vertex", "chunk", "sh"] if is_packed else ["vertex"])
    vertices = columns["vertex"]
    if is_packed:
        splats = read_compressed(vertices, columns.get("chunk"), columns.get("sh"))
    else:
        faces = header.find("face")
        splats = read_gaussians(vertices, has_faces=faces is not None and faces.count > 0)
    return replace(splats, antialiased=_is_antialiased(header))


def _refuse_text_transfer(file: BinaryIO, header: Header) -> None:
    """Refuse binary data that a program copied as text: it has put CR before each LF.

    Data of which that is not so has LFs alone, one in 256 bytes.
    """
    file.seek(0)
    is_crlf = file.read(header.size).endswith(b"\r\n")
    data = file.read(MAX_BYTES)
    pairs = data.count(b"\r\n")
    if header.format != "ascii" and is_crlf and pairs >= _MIN_PAIRS and pairs == data.count(b"\n"):
        raise InputError(
            "it is damaged: a program that copied it as text has put a CR before each LF of its binary data",
            remedy="Copy it again as binary (in FTP: mode binary), or export it again.",
        )


def _is_antialiased(header: Header) -> bool:
    """Whether a comment of Brush or Postshot asks for opacity compensation; the last one counts."""
    known = {
        "splatrendermode: mip": True,
        "splatrendermode: default": False,
        "splatrendermode: 2dgs": False,
        "antialiased 1": True,
        "antialiased 0": False,
    }
    found = [known[text] for each in header.comments if (text := each.lower()) in known]
    return bool(found) and found[-1]
