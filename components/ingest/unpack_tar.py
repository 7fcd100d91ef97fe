"""Unpack an untrusted tar, compressed with gzip or not."""

from __future__ import annotations

import tarfile
import zlib
from pathlib import Path

from components.ingest.choose_photos import is_wanted
from components.ingest.settings import IngestSettings
from components.ingest.size_limits import REPACK, SizeLimits, checked_name
from components.ingest.source_file import SourceFile
from components.shared.errors import InputError
from components.shared.progress import OnProgress, Progress

_CHUNK_BYTES = 1024 * 1024
_MAX_EXTENDED_HEADER_BYTES = 1_000_000


class _LimitedHeader(tarfile.TarInfo):
    """Refuses extended headers (long names, attributes) above 1 MB.

    `tarfile` reads an extended header into memory as a whole, before it returns the member.
    """

    @classmethod
    def frombuf(cls, buf: bytes | bytearray, encoding: str, errors: str) -> _LimitedHeader:
        header = super().frombuf(buf, encoding, errors)
        if not header.isreg() and header.size > _MAX_EXTENDED_HEADER_BYTES:
            raise InputError(
                f"the archive is unsafe: a header in it claims {header.size} bytes", remedy=REPACK
            )
        return header


def unpack_tar(
    archive: Path, name: str, folder: Path, settings: IngestSettings, on_progress: OnProgress
) -> list[SourceFile]:
    """Unpack photos and videos to numbered files in `folder`, in one pass, because of the compression.

    Raises:
        InputError: the archive is unsafe, damaged, or above a limit of `settings`. Files unpacked before that
            stay in `folder`.
    """
    size = archive.stat().st_size
    limits = SizeLimits(name, settings, size)
    files: list[SourceFile] = []
    try:
        with archive.open("rb") as raw, tarfile.open(fileobj=raw, mode="r|*", tarinfo=_LimitedHeader) as tar:
            for member in tar:
                on_progress(Progress("unpack", raw.tell() / size, f"{len(files)} files"))
                limits.add_file()
                member_name = checked_name(name, member.name)
                if member.isdir():
                    continue
                _check_kind(member, name)
                limits.add_bytes(member.size)
                path = folder / f"{len(files):06d}" if is_wanted(member_name) else None
                if path is not None:
                    _write(tar, member, path)
                files.append(SourceFile(member_name, path))
    except (tarfile.TarError, zlib.error, EOFError, RecursionError) as error:
        raise InputError(
            f"{name} is damaged or cut off ({error})", remedy="Copy or upload it again, completely."
        ) from error
    return files


def _check_kind(member: tarfile.TarInfo, archive: str) -> None:
    if not member.isreg() or member.issparse():
        raise InputError(
            f"{archive} is unsafe: {member.name!r} is a link, a device or a file with holes", remedy=REPACK
        )


def _write(tar: tarfile.TarFile, member: tarfile.TarInfo, path: Path) -> None:
    """Write a member to `path`; `tarfile` never reads more than the size in its header."""
    source = tar.extractfile(member)
    assert source is not None  # only regular files get here
    with source, path.open("wb") as target:
        while chunk := source.read(_CHUNK_BYTES):
            target.write(chunk)
