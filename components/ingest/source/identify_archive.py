"""Recognize archives and films by their content, and name those that cannot be read for what they are."""

from __future__ import annotations

import re
import tarfile
import zipfile
from enum import StrEnum
from pathlib import Path

from components.shared.errors import InputError

_ZIP_SIGNATURES = (b"PK\x03\x04", b"PK\x05\x06", b"PK\x07\x08")
_COMPRESSED = (b"\x1f\x8b", b"BZh", b"\xfd7zXZ\0", b"\x5d\x00\x00")
"""gzip, bzip2, xz, lzma: what `tarfile` reads."""
_OTHER_ARCHIVES = {
    b"7z\xbc\xaf\x27\x1c": "a 7-Zip archive",
    b"Rar!\x1a\x07": "a RAR archive",
    b"\x28\xb5\x2f\xfd": "compressed with Zstandard",
    b"LZIP": "compressed with lzip",
    b"\x1f\x9d": "compressed with compress",
    b"MSCF": "a cabinet file of Windows",
    b"xar!": "a xar archive",
    b"SIT!": "a StuffIt archive",
    b"StuffIt": "a StuffIt archive",
    b"070707": "a cpio archive",
    b"07070": "a cpio archive",
    b"%PDF": "a PDF document",
}
_PHOTO_BRANDS = (
    b"heic",
    b"heix",
    b"heim",
    b"heis",
    b"hevc",
    b"hevx",
    b"mif1",
    b"msf1",
    b"avif",
    b"avis",
    b"crx ",
)
_ARCHIVE_NAME = re.compile(r"(?i)\.(zip|zipx|tar|tgz|tbz2?|txz|tzst|gz|bz2|xz|zst|7z|rar|z\d\d|\d{3}|exe)$")
_PART_NAME = re.compile(r"(?i)\.(z\d\d|zip\.\d{3}|7z\.\d{3}|tar(\.\w+)?\.\d{3}|part\d+\.rar|r\d\d)$")
_SINGLE_HEADER_BYTES = 512


class ArchiveKind(StrEnum):
    """Archives that ingest reads."""

    ZIP = "zip"
    TAR = "tar"


def is_archive_name(name: str) -> bool:
    """Whether a file is called like an archive."""
    return bool(_ARCHIVE_NAME.search(name))


def identify_archive(path: Path, name: str) -> ArchiveKind | None:
    """The kind of archive that a file is; None if it is none. The content decides, the suffix is often wrong.

    `name` is what the user calls the file.

    Raises:
        InputError: the file is an archive of another kind, one part of a split one, or empty.
    """
    with path.open("rb") as file:
        header = file.read(_SINGLE_HEADER_BYTES)
    if not header:
        raise InputError(
            f"{name} is empty: 0 bytes",
            remedy="Copy or download it again. A cloud drive may show files that it has not downloaded.",
        )
    is_whole = header.startswith(_ZIP_SIGNATURES) and zipfile.is_zipfile(path)
    if not is_whole and (_PART_NAME.search(name) or header.startswith(b"PK\x07\x08PK")):
        raise _split(name)
    if header.startswith(_ZIP_SIGNATURES):
        return ArchiveKind.ZIP
    if header.startswith(_COMPRESSED) or _is_tar(header):
        return ArchiveKind.TAR
    for signature, kind in _OTHER_ARCHIVES.items():
        if header.startswith(signature):
            raise InputError(
                f"{name} is {kind}, which cannot be read",
                remedy="Unpack it and give the folder, or pack the photos into a .zip or .tar.",
            )
    if name.lower().endswith(".tar"):
        return ArchiveKind.TAR  # a damaged one
    if is_archive_name(name) and zipfile.is_zipfile(path):
        return ArchiveKind.ZIP  # with a program before it that unpacks it
    return None


def film_suffix(path: Path) -> str:
    """The suffix of the container that a film is in, by its content; empty for other files."""
    with path.open("rb") as file:
        header = file.read(12)
    if header[4:8] == b"ftyp" and header[8:12] not in _PHOTO_BRANDS:
        return ".mp4"
    if header.startswith(b"\x1aE\xdf\xa3"):
        return ".mkv"
    return ".avi" if header.startswith(b"RIFF") and header[8:] == b"AVI " else ""


def is_split(path: Path) -> bool:
    """Whether a zip says at its end that it begins in another file."""
    with path.open("rb") as file:
        file.seek(max(0, path.stat().st_size - 66_000))
        end = file.read()
    at = end.rfind(b"PK\x05\x06")
    return at >= 0 and end[at + 4 : at + 8] not in (bytes(4), b"\xff" * 4)


def refuse_split(path: Path, name: str) -> None:
    """
    Raises:
        InputError: the zip is the last part of a split one.
    """
    if is_split(path):
        raise _split(name)


def _split(name: str) -> InputError:
    return InputError(
        f"{name} is one part of an archive that was split into several files",
        remedy="Unpack the whole archive and give the folder, or join its parts first "
        "(zip -s 0 PART.zip -O WHOLE.zip; cat NAME.zip.* > WHOLE.zip).",
    )


def _is_tar(header: bytes) -> bool:
    """By the checksum of the first header; tars of before 1988 have no signature."""
    try:
        tarfile.TarInfo.frombuf(header, "utf-8", "surrogateescape")
    except tarfile.HeaderError:
        return False
    return True
