"""Unpack a stranger's zip."""

from __future__ import annotations

import stat
import zipfile
import zlib
from pathlib import Path

from components.ingest.allowance import REPACK, Allowance, checked_name
from components.ingest.choose_photos import is_wanted
from components.ingest.records import SourceFile
from components.ingest.settings import IngestSettings
from components.shared.errors import InputError
from components.shared.progress import OnProgress, Progress

_PIECE_BYTES = 1024 * 1024
_ENCRYPTED = 0x1


def unpack_zip(
    archive: Path, name: str, folder: Path, settings: IngestSettings, on_progress: OnProgress
) -> list[SourceFile]:
    """Unpack photos and videos to numbered files in `folder`; nothing is unpacked if anything is unsafe.

    Raises:
        InputError: unsafe, encrypted, damaged, or more than `settings` allow.
    """
    try:
        with zipfile.ZipFile(archive) as file:
            members = _checked(file, archive, name, settings)
            return _unpack(file, members, folder, Allowance(name, settings, _size(archive)), on_progress)
    except (zipfile.BadZipFile, zlib.error, EOFError) as error:
        raise InputError(
            f"{name} is damaged or cut off ({error})", remedy="Copy or upload it again, completely."
        ) from error
    except NotImplementedError as error:
        raise InputError(
            f"{name} is packed in a way that cannot be read ({error})",
            remedy="Pack it again as a plain .zip (deflate or stored).",
        ) from error


def _checked(
    file: zipfile.ZipFile, archive: Path, name: str, settings: IngestSettings
) -> list[tuple[str, zipfile.ZipInfo]]:
    """Every member that is a file, with its safe name, after all have been looked at."""
    allowance = Allowance(name, settings, _size(archive))
    members = []
    for info in file.infolist():
        allowance.add_file()
        member = checked_name(name, info.filename)
        if stat.S_IFMT(info.external_attr >> 16) not in (0, stat.S_IFREG, stat.S_IFDIR):
            raise InputError(f"{name} is unsafe: {info.filename!r} is a link or a device", remedy=REPACK)
        if info.is_dir():
            continue
        if info.flag_bits & _ENCRYPTED:
            raise InputError(f"{name} is protected by a password", remedy="Pack it without a password.")
        allowance.check_member(info.file_size, info.compress_size)
        allowance.add_bytes(info.file_size)
        members.append((member, info))
    return members


def _unpack(
    file: zipfile.ZipFile,
    members: list[tuple[str, zipfile.ZipInfo]],
    folder: Path,
    allowance: Allowance,
    on_progress: OnProgress,
) -> list[SourceFile]:
    files = []
    for index, (name, info) in enumerate(members):
        on_progress(Progress("unpack", index / len(members), f"{index} of {len(members)} files"))
        path = folder / f"{index:06d}" if is_wanted(name) else None
        if path is not None:
            with file.open(info) as source, path.open("wb") as target:
                while piece := source.read(_PIECE_BYTES):
                    allowance.add_bytes(len(piece))
                    target.write(piece)
        files.append(SourceFile(name, path))
    return files


def _size(path: Path) -> int:
    return path.stat().st_size
