"""The files of a SOG: the members of a .sog, a zip without compression, or the files of a folder."""

from __future__ import annotations

import struct
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Protocol

from components.shared.errors import InputError

META = "meta.json"
MAX_BYTES = 2**32 - 1
"""Size limit of the archive, since viewers do not read Zip64."""

_MEMBER_OVERHEAD_BYTES = 512
"""Upper limit of a member's headers in the zip."""
_ZIP_EPOCH = (1980, 1, 1, 0, 0, 0)
"""Modification time of all members, so that equal content gives an equal archive."""


def invalid_sog_error(problem: str) -> InputError:
    """The error for a file that is damaged or no SOG; `problem` names the file, the value and the limit."""
    return InputError(problem, remedy="The file is damaged or no SOG scene: download it or export it again.")


class SogFiles(Protocol):
    """Files of a SOG by name."""

    def read(self, name: str, *, max_bytes: int = MAX_BYTES) -> bytes: ...


def write_archive(files: Mapping[str, bytes], path: Path) -> None:
    """Write a zip without compression, Zip64 and comments, as viewers require. Equal files give equal bytes.

    Raises:
        InputError: the archive would exceed 4 GiB.
    """
    check_archive_size(sum(len(data) + _MEMBER_OVERHEAD_BYTES for data in files.values()))
    with zipfile.ZipFile(path, "w", zipfile.ZIP_STORED, allowZip64=False) as archive:
        for name, data in files.items():
            entry = zipfile.ZipInfo(name, _ZIP_EPOCH)
            entry.create_system = 3  # the same on every platform
            entry.external_attr = 0o644 << 16
            archive.writestr(entry, data)


def check_archive_size(size: int) -> None:
    """Raise an `InputError` for an archive of more than `MAX_BYTES`."""
    if size > MAX_BYTES:
        raise InputError(
            f"the compressed scene has {size:,} bytes; a .sog holds at most {MAX_BYTES:,}",
            remedy="Train with a lower --max-gaussians, or split the scene.",
        )


@contextmanager
def open_files(path: Path) -> Iterator[SogFiles]:
    """Open a .sog, or an unbundled SOG by its folder or its meta.json. The name's suffix does not matter.

    Raises:
        InputError: the path does not exist or is no zip.
    """
    if path.is_dir() or path.name == META:
        yield _Folder(path if path.is_dir() else path.parent)
        return
    try:
        with zipfile.ZipFile(path) as archive:
            yield _Zip(archive)
    except FileNotFoundError as error:
        raise InputError(f"{path} does not exist", remedy="Check the path.") from error
    except zipfile.BadZipFile as error:
        raise invalid_sog_error(f"this is no .sog archive, or it is incomplete: {error}") from error


class _Zip:
    def __init__(self, archive: zipfile.ZipFile) -> None:
        self._archive = archive

    def read(self, name: str, *, max_bytes: int = MAX_BYTES) -> bytes:
        try:
            entry = self._archive.getinfo(name)
            _check_size(name, entry.file_size, max_bytes)
            return self._archive.read(entry)
        except KeyError as error:
            raise invalid_sog_error(f"{name} is missing") from error
        except (
            zipfile.BadZipFile,
            zlib.error,
            EOFError,
            NotImplementedError,
            RuntimeError,
            struct.error,
        ) as error:
            raise invalid_sog_error(f"{name} cannot be unpacked: {error}") from error


class _Folder:
    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def read(self, name: str, *, max_bytes: int = MAX_BYTES) -> bytes:
        if name in ("", ".", "..") or Path(name).name != name or "\\" in name:
            raise invalid_sog_error(f"{name!r} is named as a texture; only files beside {META} are read")
        path = self._folder / name
        if not path.is_file():
            raise invalid_sog_error(f"{name} is missing in {self._folder}")
        _check_size(name, path.stat().st_size, max_bytes)
        return path.read_bytes()


def _check_size(name: str, size: int, max_bytes: int) -> None:
    if size > max_bytes:
        raise invalid_sog_error(f"{name} has {size:,} bytes; at most {max_bytes:,} are expected")
