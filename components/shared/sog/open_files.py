"""The files of a SOG: the members of a zip, however it was packed, or the files of a folder."""

from __future__ import annotations

import collections
import errno
import lzma
import struct
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from typing import Protocol

from components.shared.errors import InputError
from components.shared.sog.archive import MAX_BYTES, META, invalid_sog_error

LOD_META = "lod-meta.json"
"""The index of a streamed SOG, which has several levels of detail."""

_DAMAGED = (
    zipfile.BadZipFile,
    zlib.error,
    lzma.LZMAError,
    struct.error,
    EOFError,
    NotImplementedError,
    RuntimeError,
    ValueError,
    OverflowError,
)
"""What zipfile raises for damaged, encrypted and unknown content."""
_PHOTOS = (".jpg", ".jpeg", ".png", ".heic", ".tif", ".tiff", ".dng", ".mp4", ".mov")


class SogFiles(Protocol):
    """Files of a SOG by their path from its `index`, which is `meta.json` or `lod-meta.json`."""

    index: str

    def read(self, name: str, *, max_bytes: int = MAX_BYTES) -> bytes: ...

    def at(self, index: str) -> SogFiles:
        """The files of another SOG among these, by the path of its index."""
        ...


@contextmanager
def open_files(path: Path) -> Iterator[SogFiles]:
    """Open a .sog, or an unbundled SOG by its folder or its index. Suffixes do not matter.

    Raises:
        InputError: the path does not exist, is no zip, or holds no SOG.
    """
    if path.is_dir():
        yield _Folder(path, LOD_META if (path / LOD_META).is_file() else META)
        return
    if path.suffix.lower() == ".json":
        yield _Folder(path.parent, path.name)
        return
    if not path.exists():
        raise InputError(f"{path} does not exist", remedy="Check the path.")
    with _damage_as_input_error("it is no zip, or incomplete, since the list of files at its end is missing"):
        archive = zipfile.ZipFile(path)
    with archive:
        yield _open_zip(archive)


@contextmanager
def _damage_as_input_error(problem: str) -> Iterator[None]:
    try:
        yield
    except _DAMAGED as error:
        raise invalid_sog_error(f"{problem}: {error}") from error
    except OSError as error:
        if error.errno != errno.EINVAL:  # of a seek to where a damaged zip says
            raise
        raise invalid_sog_error(f"{problem}: {error}") from error


def _open_zip(archive: zipfile.ZipFile) -> SogFiles:
    """The members beside the index that is the least deep."""
    members = {
        "/".join(parts): entry
        for entry in archive.infolist()
        if not entry.filename.endswith("/") and (parts := _parts(entry.filename)) and not _is_litter(parts)
    }
    indices = [PurePosixPath(name) for name in members if PurePosixPath(name).name in (META, LOD_META)]
    if not indices:
        raise _foreign_zip_error(members)
    depth = min(len(index.parts) for index in indices)
    top = [index for index in indices if len(index.parts) == depth]
    streamed = [index for index in top if index.name == LOD_META]
    if len(streamed or top) > 1:
        names = ", ".join(sorted(map(str, streamed or top))[:3])
        raise InputError(
            f"it holds {len(streamed or top)} scenes: {names}",
            remedy="Unpack it, and give the folder of one scene.",
        )
    index = (streamed or top)[0]
    return _Zip(archive, members, "" if depth == 1 else str(index.parent), index.name)


def _parts(name: str) -> list[str] | None:
    """The parts of a relative path, None if it leads out of its folder; Windows' separators are read too."""
    name = name.replace("\\", "/")
    parts = [part for part in name.split("/") if part not in ("", ".")]
    is_absolute = name.startswith("/") or (len(name) > 1 and name[1] == ":")
    return None if not parts or is_absolute or ".." in parts or "\0" in name else parts


def _is_litter(parts: list[str]) -> bool:
    """Whether macOS added this file beside the real one."""
    return parts[0] == "__MACOSX" or parts[-1].startswith("._")


def _foreign_zip_error(members: dict[str, zipfile.ZipInfo]) -> InputError:
    suffixes = collections.Counter(PurePosixPath(name).suffix.lower() or "(none)" for name in members)
    found = ", ".join(f"{count} {suffix}" for suffix, count in suffixes.most_common(3)) or "nothing"
    problem = f"it is a zip without {META}; it holds {found}"
    plys = [name for name in members if name.lower().endswith((".ply", ".sog"))]
    if plys:
        return InputError(problem, remedy=f"Unpack it, and give {plys[0]}.")
    if any(suffix in _PHOTOS for suffix in suffixes):
        return InputError(problem, remedy="To make a scene of photos or a video, use `kubesplat run`.")
    if any(name.endswith("data.pkl") for name in members):
        return InputError(
            "it is a PyTorch file, not a scene",
            remedy="Export the scene as a .ply by the program that trained it.",
        )
    return InputError(problem, remedy="Give the 3D Gaussian splatting .ply or the .sog of the scene.")


def _outside_error(name: str) -> InputError:
    return invalid_sog_error(
        f"{name!r} is named as a texture; only files beside the index, or below, are read"
    )


class _Zip:
    def __init__(
        self, archive: zipfile.ZipFile, members: dict[str, zipfile.ZipInfo], folder: str, index: str
    ) -> None:
        self._archive, self._members, self._folder, self.index = archive, members, folder, index

    def read(self, name: str, *, max_bytes: int = MAX_BYTES) -> bytes:
        entry = self._members.get(self._path(name))
        if entry is None:
            raise invalid_sog_error(f"{name} is missing")
        _check_size(name, entry.file_size, max_bytes)
        with _damage_as_input_error(f"{name} cannot be unpacked"):
            return self._archive.read(entry)

    def at(self, index: str) -> SogFiles:
        path = PurePosixPath(self._path(index))
        return _Zip(self._archive, self._members, "" if len(path.parts) == 1 else str(path.parent), path.name)

    def _path(self, name: str) -> str:
        parts = _parts(name)
        if parts is None:
            raise _outside_error(name)
        return "/".join([self._folder, *parts] if self._folder else parts)


class _Folder:
    def __init__(self, folder: Path, index: str) -> None:
        self._folder, self.index = folder, index

    def read(self, name: str, *, max_bytes: int = MAX_BYTES) -> bytes:
        path = self._path(name)
        if not path.is_file():
            raise invalid_sog_error(f"{name} is missing in {self._folder}")
        _check_size(name, path.stat().st_size, max_bytes)
        return path.read_bytes()

    def at(self, index: str) -> SogFiles:
        path = self._path(index)
        return _Folder(path.parent, path.name)

    def _path(self, name: str) -> Path:
        parts = _parts(name)
        if parts is None or max(len(part.encode("utf-8", "surrogatepass")) for part in parts) > 255:
            raise _outside_error(name)
        return self._folder.joinpath(*parts)


def _check_size(name: str, size: int, max_bytes: int) -> None:
    if size > max_bytes:
        raise invalid_sog_error(f"{name} has {size:,} bytes; at most {max_bytes:,} are expected")
