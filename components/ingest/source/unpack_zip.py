"""Unpack an untrusted zip."""

from __future__ import annotations

import lzma
import stat
import struct
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from components.ingest.settings import IngestSettings
from components.ingest.source.choose_photos import is_wanted
from components.ingest.source.identify_archive import refuse_split
from components.ingest.source.size_limits import REPACK, SizeLimits, checked_name, damage_refused
from components.ingest.source.source_file import SourceFile
from components.shared.errors import InputError
from components.shared.progress import OnProgress, Progress

_CHUNK_BYTES = 1024 * 1024
_ENCRYPTED, _IS_UTF_8 = 0x1, 0x800
_END, _END_BYTES = b"PK\x05\x06", 22
"""Of an archive without a comment."""
_KINDS = (0, stat.S_IFREG, stat.S_IFDIR, stat.S_IFLNK)
_DAMAGED = (
    *(zipfile.BadZipFile, zlib.error, lzma.LZMAError, struct.error, EOFError),
    *(ValueError, RuntimeError, OverflowError),
)
"""What zipfile raises for damage; OSErrors too: see `damage_refused`."""


def unpack_zip(
    archive: Path, name: str, folder: Path, settings: IngestSettings, on_progress: OnProgress
) -> list[SourceFile]:
    """Unpack photos and videos to numbered files in `folder`, after all headers were checked.

    Raises:
        InputError: the archive is unsafe, encrypted, split, damaged, or above a limit of `settings`.
    """
    refuse_split(archive, name)
    with damage_refused(name, _DAMAGED), _readable(name), zipfile.ZipFile(archive) as file:
        packed_bytes = archive.stat().st_size
        _refuse_joined(archive, name, file)
        members = _check_members(file, name, SizeLimits(name, settings, packed_bytes))
        return _unpack(file, members, folder, SizeLimits(name, settings, packed_bytes), on_progress)


def _refuse_joined(archive: Path, name: str, file: zipfile.ZipFile) -> None:
    """Refuse an archive with another one before it: `zipfile` reads the last one alone.

    What is before the first member may be a program that unpacks them; another archive has an end there.
    """
    first = min((info.header_offset for info in file.infolist()), default=0)
    with archive.open("rb") as opened:
        opened.seek(max(0, first - _END_BYTES))
        before = opened.read(first - opened.tell())
    if before.startswith(_END):
        raise InputError(
            f"{name} holds several zip archives, one behind the other",
            remedy="Unpack each and give the folder of all, or pack all photos into one .zip.",
        )


@contextmanager
def _readable(name: str) -> Iterator[None]:
    """Refuse a compression that `zipfile` does not know."""
    try:
        yield
    except NotImplementedError as error:
        raise InputError(
            f"{name} uses a compression that cannot be read ({error})",
            remedy="Pack it again as a plain .zip (deflate or stored), or unpack it and give the folder.",
        ) from error


def _check_members(file: zipfile.ZipFile, name: str, limits: SizeLimits) -> list[tuple[str, zipfile.ZipInfo]]:
    """All members that are no folders, with their checked names."""
    members = []
    for info in file.infolist():
        limits.add_file()
        member = checked_name(name, _decoded_name(info))
        kind = stat.S_IFMT(info.external_attr >> 16)
        if kind not in _KINDS:
            raise InputError(f"{name} is unsafe: {info.filename!r} is a device", remedy=REPACK)
        if info.filename.endswith(("/", "\\")) or kind == stat.S_IFDIR or not member:
            continue
        if info.flag_bits & _ENCRYPTED:
            raise InputError(f"{name} is protected by a password", remedy="Pack it without a password.")
        limits.check_member(info.file_size, info.compress_size)
        limits.add_bytes(info.file_size)
        members.append((member, info))
    return members


def _decoded_name(info: zipfile.ZipInfo) -> str:
    """The name; `zipfile` reads names that are not marked as UTF-8 in the character set of DOS."""
    if info.flag_bits & _IS_UTF_8:
        return info.filename
    try:
        return info.filename.encode("cp437").decode("utf-8")  # macOS leaves the mark out
    except UnicodeError:
        return info.filename


def _unpack(
    file: zipfile.ZipFile,
    members: list[tuple[str, zipfile.ZipInfo]],
    folder: Path,
    limits: SizeLimits,
    on_progress: OnProgress,
) -> list[SourceFile]:
    files = []
    for index, (name, info) in enumerate(members):
        on_progress(Progress("unpack", index / len(members), f"{index} of {len(members)} files"))
        is_link = stat.S_ISLNK(info.external_attr >> 16)
        path = folder / f"{index:06d}" if is_wanted(name) and not is_link else None
        if path is not None:
            with file.open(info) as source, path.open("wb") as target:
                while chunk := source.read(_CHUNK_BYTES):
                    limits.add_bytes(len(chunk))
                    target.write(chunk)
        files.append(SourceFile(name, path, is_link=is_link))
    return files
