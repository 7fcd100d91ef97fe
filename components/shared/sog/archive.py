"""The files of a SOG: in a .sog, which is a zip without compression, or in a folder."""

from __future__ import annotations

import struct
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Protocol

from components.shared.errors import InputError
from components.shared.sog.damaged import damaged

META = "meta.json"
MAX_BYTES = 2**32 - 1
"""Of the whole archive: viewers do not read Zip64."""

_NEVER = (1980, 1, 1, 0, 0, 0)


class SogFiles(Protocol):
    """Where textures are read from."""

    def read(self, name: str, *, max_bytes: int = MAX_BYTES) -> bytes: ...


def write_archive(files: Mapping[str, bytes], path: Path) -> None:
    """Write a stored zip without Zip64, comment or times, which is what viewers read: equal in, equal out.

    Raises:
        InputError: it would exceed 4 GiB.
    """
    check_archive_size(sum(len(data) + 512 for data in files.values()))
    with zipfile.ZipFile(path, "w", zipfile.ZIP_STORED, allowZip64=False) as archive:
        for name, data in files.items():
            entry = zipfile.ZipInfo(name, _NEVER)
            entry.create_system = 3  # the same on every platform
            entry.external_attr = 0o644 << 16
            archive.writestr(entry, data)


def check_archive_size(size: int) -> None:
    if size > MAX_BYTES:
        raise InputError(
            f"the compressed scene has {size:,} bytes; a .sog holds at most {MAX_BYTES:,}",
            remedy="Train with a lower --max-gaussians, or split the scene.",
        )


@contextmanager
def open_files(path: Path) -> Iterator[SogFiles]:
    """Open a .sog by its content, whatever its name, or the folder of an unbundled SOG or its meta.json."""
    if path.is_dir() or path.name == META:
        yield _Folder(path if path.is_dir() else path.parent)
        return
    try:
        with zipfile.ZipFile(path) as archive:
            yield _Zip(archive)
    except FileNotFoundError as error:
        raise InputError(f"{path} does not exist", remedy="Check the path.") from error
    except zipfile.BadZipFile as error:
        raise damaged(f"this is no .sog archive, or only a part of one: {error}") from error


class _Zip:
    def __init__(self, archive: zipfile.ZipFile) -> None:
        self._archive = archive

    def read(self, name: str, *, max_bytes: int = MAX_BYTES) -> bytes:
        try:
            entry = self._archive.getinfo(name)
            _check_size(name, entry.file_size, max_bytes)
            return self._archive.read(entry)
        except KeyError as error:
            raise damaged(f"{name} is missing") from error
        except (
            zipfile.BadZipFile,
            zlib.error,
            EOFError,
            NotImplementedError,
            RuntimeError,
            struct.error,
        ) as error:
            raise damaged(f"{name} cannot be unpacked: {error}") from error


class _Folder:
    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def read(self, name: str, *, max_bytes: int = MAX_BYTES) -> bytes:
        if name in ("", ".", "..") or Path(name).name != name or "\\" in name:
            raise damaged(f"{name!r} is named as a texture; only files beside {META} are read")
        path = self._folder / name
        if not path.is_file():
            raise damaged(f"{name} is missing in {self._folder}")
        _check_size(name, path.stat().st_size, max_bytes)
        return path.read_bytes()


def _check_size(name: str, size: int, max_bytes: int) -> None:
    if size > max_bytes:
        raise damaged(f"{name} has {size:,} bytes; at most {max_bytes:,} are expected")
