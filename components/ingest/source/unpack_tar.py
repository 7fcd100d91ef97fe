"""Unpack an untrusted tar, compressed with gzip, bzip2 or xz, or not."""

from __future__ import annotations

import bz2
import gzip
import lzma
import os
import posixpath
import tarfile
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, BinaryIO

from components.ingest.settings import IngestSettings
from components.ingest.source.choose_photos import is_wanted
from components.ingest.source.size_limits import REPACK, SizeLimits, checked_name, damage_refused
from components.ingest.source.source_file import SourceFile
from components.shared.errors import InputError
from components.shared.progress import OnProgress, Progress

_CHUNK_BYTES = 1024 * 1024
_MAX_EXTENDED_HEADER_BYTES = 1_000_000
_DAMAGED = (
    *(tarfile.TarError, zlib.error, lzma.LZMAError, EOFError, RecursionError),
    *(TypeError, ValueError, LookupError),
)
"""What tarfile raises for damage; OSErrors too: see `damage_refused`."""


_DECOMPRESSORS: dict[bytes, Callable[[BinaryIO], Any]] = {
    b"\x1f\x8b": gzip.open,
    b"BZh": bz2.open,
    b"\xfd7zXZ\0": lzma.open,
    b"\x5d\x00\x00": lzma.open,
}
"""By the first bytes. Unlike `tarfile` they read several streams in one file, as parallel programs write."""
_MAX_BLANK_BLOCKS = 20_000
"""10 MB of zeros, or of what is no header, behind the end of an archive; what follows them is not read."""


class _LimitedHeader(tarfile.TarInfo):
    """Refuses damaged headers, and extended ones (long names, attributes) above 1 MB.

    `tarfile` reads an extended header into memory as a whole, before it returns the member. Archives may be
    joined by `cat`: behind the zeros that end one, blocks are skipped until a header is found. The state is
    that of the class, of which each archive gets its own.
    """

    blank_blocks = 0
    """Blocks since the last header."""

    @classmethod
    def frombuf(cls, buf: bytes | bytearray, encoding: str, errors: str) -> _LimitedHeader:
        try:
            header = super().frombuf(buf, encoding, errors)
        except tarfile.HeaderError as error:
            if bytes(buf).strip(b"\0") and not cls.blank_blocks:  # `tarfile` would take it for the end
                raise tarfile.ReadError(str(error)) from error
            cls.blank_blocks += 1
            if len(buf) < tarfile.BLOCKSIZE or cls.blank_blocks > _MAX_BLANK_BLOCKS:
                raise tarfile.TruncatedHeaderError("end") from error  # type: ignore[attr-defined]
            raise tarfile.EOFHeaderError("blank") from error  # type: ignore[attr-defined]
        cls.blank_blocks = 0
        if not header.isreg() and header.size > _MAX_EXTENDED_HEADER_BYTES:
            raise InputError(
                f"the archive is unsafe: a header in it claims {header.size} bytes", remedy=REPACK
            )
        return header


def unpack_tar(
    archive: Path, name: str, folder: Path, settings: IngestSettings, on_progress: OnProgress
) -> list[SourceFile]:
    """Unpack photos and videos to numbered files in `folder`, in one pass, because of the compression.

    All of several archives that were joined are unpacked.

    Raises:
        InputError: the archive is unsafe, damaged, or above a limit of `settings`. Files unpacked before that
            stay in `folder`.
    """
    files: list[SourceFile] = []
    unpacked: dict[str, Path] = {}
    with damage_refused(name, _DAMAGED), archive.open("rb") as raw, _open(raw, name) as tar:
        size = archive.stat().st_size
        limits = SizeLimits(name, settings, size)
        for member in _members(tar):
            on_progress(Progress("unpack", raw.tell() / size, f"{len(files)} files"))
            limits.add_file()
            limits.add_bytes(member.size)
            member_name = checked_name(name, member.name)
            if member.isdir() or not member_name:
                continue
            _check_kind(member, name)
            path = folder / f"{len(files):06d}" if is_wanted(member_name) else None
            files.append(_unpack(tar, member, SourceFile(member_name, path), unpacked))
    return files


def _open(raw: BinaryIO, name: str) -> tarfile.TarFile:
    start = raw.read(6)
    raw.seek(0)
    decompress = next((each for magic, each in _DECOMPRESSORS.items() if start.startswith(magic)), None)
    header = type("_HeaderOfOneArchive", (_LimitedHeader,), {})
    try:
        file = decompress(raw) if decompress else raw
        return tarfile.open(fileobj=file, mode="r|", tarinfo=header, ignore_zeros=True)
    except (*_DAMAGED, gzip.BadGzipFile) as error:
        raise InputError(
            f"{name} is damaged, or it is no tar archive ({error})",
            remedy="Copy or upload it again, completely. If it is another kind of file, unpack it and give "
            "the folder.",
        ) from error


def _members(tar: tarfile.TarFile) -> Iterator[tarfile.TarInfo]:
    """The members; bytes behind compressed data that are no such data are no damage of the archive."""
    try:
        yield from tar
    except gzip.BadGzipFile as error:
        header = tar.tarinfo
        assert issubclass(header, _LimitedHeader)
        if not header.blank_blocks or not str(error).startswith("Not a gzipped file"):
            raise


def _check_kind(member: tarfile.TarInfo, archive: str) -> None:
    if member.issparse() or not (member.isreg() or member.issym() or member.islnk()):
        raise InputError(
            f"{archive} is unsafe: {member.name!r} is a device or a file with holes", remedy=REPACK
        )


def _unpack(
    tar: tarfile.TarFile, member: tarfile.TarInfo, file: SourceFile, unpacked: dict[str, Path]
) -> SourceFile:
    """Unpack a member; a second name of an earlier one, which tar stores as a hard link, is a copy of it."""
    linked = unpacked.get(posixpath.normpath(member.linkname).lstrip("/")) if member.islnk() else None
    if not member.isreg() and (linked is None or file.path is None):
        return SourceFile(file.name, None, is_link=True)
    if file.path is not None:
        if linked is None:
            _write(tar, member, file.path)
        else:
            os.link(linked, file.path)
        unpacked[file.name] = file.path
    return file


def _write(tar: tarfile.TarFile, member: tarfile.TarInfo, path: Path) -> None:
    """Write a member to `path`; `tarfile` never reads more than the size in its header."""
    source = tar.extractfile(member)
    assert source is not None  # only regular files get here
    with source, path.open("wb") as target:
        while chunk := source.read(_CHUNK_BYTES):
            target.write(chunk)
