"""Folders as one uncompressed tar: Kubeflow's launcher copies a folder file by file, which is slow."""

from __future__ import annotations

import lzma
import tarfile
import zlib
from collections.abc import Callable
from pathlib import Path

from components.shared.errors import InputError
from components.shared.files import atomic_path
from components.shared.progress import OnProgress, Progress, ignore_progress


def all_names(_: str) -> bool:
    """The filter that keeps every file."""
    return True


def pack(
    folder: Path,
    archive: Path,
    on_progress: OnProgress = ignore_progress,
    *,
    only: Callable[[str], bool] = all_names,
) -> None:
    """Write the files of `folder` for whose relative names `only` is true to `archive`.

    Equal content gives equal bytes: sorted, without times and owners.
    """
    paths = [path for path in sorted(folder.rglob("*")) if only(path.relative_to(folder).as_posix())]
    with atomic_path(archive) as temporary, tarfile.open(temporary, "w") as tar:
        for index, path in enumerate(paths):
            on_progress(Progress("pack", index / len(paths), f"{index} of {len(paths)} files"))
            tar.add(path, arcname=str(path.relative_to(folder)), recursive=False, filter=_anonymous)


def unpack(archive: Path, folder: Path, *, only: Callable[[str], bool] = all_names) -> None:
    """Extract the files for whose names `only` is true from an archive that `pack` wrote.

    Not for untrusted archives: those need `components.ingest`.

    Raises:
        InputError: it is no tar, or damaged.
    """
    try:
        with tarfile.open(archive) as tar:
            tar.extractall(folder, [member for member in tar if only(member.name)], filter="data")
    except (tarfile.TarError, EOFError, zlib.error, lzma.LZMAError) as error:
        raise InputError(
            f"{archive} is no tar of a stage, or it is damaged ({error})",
            remedy="Copy it again completely, or run the stage again that makes it.",
        ) from error


def _anonymous(member: tarfile.TarInfo) -> tarfile.TarInfo:
    member.uid = member.gid = 0
    member.uname = member.gname = ""
    member.mtime = 0
    return member
