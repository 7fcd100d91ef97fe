"""Unpack an untrusted zip."""

from __future__ import annotations

import errno
import lzma
import stat
import struct
import zipfile
import zlib
from pathlib import Path

from components.ingest.choose_photos import is_wanted
from components.ingest.settings import IngestSettings
from components.ingest.size_limits import REPACK, SizeLimits, checked_name
from components.ingest.source_file import SourceFile
from components.shared.errors import InputError
from components.shared.progress import OnProgress, Progress

_CHUNK_BYTES = 1024 * 1024
_ENCRYPTED = 0x1
_DAMAGED = (
    *(zipfile.BadZipFile, zlib.error, lzma.LZMAError, struct.error, EOFError),
    *(ValueError, RuntimeError, OverflowError),
)
"""What zipfile raises for damage; OSErrors too: bzip2's have no number, and seeks of wrong offsets EINVAL."""


def unpack_zip(
    archive: Path, name: str, folder: Path, settings: IngestSettings, on_progress: OnProgress
) -> list[SourceFile]:
    """Unpack photos and videos to numbered files in `folder`, after all headers were checked.

    Raises:
        InputError: the archive is unsafe, encrypted, damaged, or above a limit of `settings`.
    """
    try:
        with zipfile.ZipFile(archive) as file:
            packed_bytes = archive.stat().st_size
            members = _check_members(file, name, SizeLimits(name, settings, packed_bytes))
            return _unpack(file, members, folder, SizeLimits(name, settings, packed_bytes), on_progress)
    except NotImplementedError as error:
        raise InputError(
            f"{name} uses a compression that cannot be read ({error})",
            remedy="Pack it again as a plain .zip (deflate or stored).",
        ) from error
    except (*_DAMAGED, OSError) as error:
        if isinstance(error, OSError) and error.errno not in (None, errno.EINVAL):
            raise
        raise InputError(
            f"{name} is damaged or cut off ({error})", remedy="Copy or upload it again, completely."
        ) from error


def _check_members(file: zipfile.ZipFile, name: str, limits: SizeLimits) -> list[tuple[str, zipfile.ZipInfo]]:
    """All members that are files, with their checked names."""
    members = []
    for info in file.infolist():
        limits.add_file()
        member = checked_name(name, info.filename)
        if stat.S_IFMT(info.external_attr >> 16) not in (0, stat.S_IFREG, stat.S_IFDIR):
            raise InputError(f"{name} is unsafe: {info.filename!r} is a link or a device", remedy=REPACK)
        if info.is_dir():
            continue
        if info.flag_bits & _ENCRYPTED:
            raise InputError(f"{name} is protected by a password", remedy="Pack it without a password.")
        limits.check_member(info.file_size, info.compress_size)
        limits.add_bytes(info.file_size)
        members.append((member, info))
    return members


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
        path = folder / f"{index:06d}" if is_wanted(name) else None
        if path is not None:
            with file.open(info) as source, path.open("wb") as target:
                while chunk := source.read(_CHUNK_BYTES):
                    limits.add_bytes(len(chunk))
                    target.write(chunk)
        files.append(SourceFile(name, path))
    return files
