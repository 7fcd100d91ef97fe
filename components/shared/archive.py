"""Folders as one uncompressed tar: Kubeflow's launcher copies a folder file by file, which is slow."""

from __future__ import annotations

import tarfile
from pathlib import Path

from components.shared.files import atomic_path
from components.shared.progress import OnProgress, Progress, ignore_progress


def pack(folder: Path, archive: Path, on_progress: OnProgress = ignore_progress) -> None:
    """Write the content of `folder` to `archive`. Equal content gives equal bytes: sorted, without times."""
    paths = sorted(folder.rglob("*"))
    with atomic_path(archive) as temporary, tarfile.open(temporary, "w") as tar:
        for index, path in enumerate(paths):
            on_progress(Progress("pack", index / len(paths), f"{index} of {len(paths)} files"))
            tar.add(path, arcname=str(path.relative_to(folder)), recursive=False, filter=_anonymous)


def unpack(archive: Path, folder: Path) -> None:
    """Extract an archive that `pack` wrote. Not for untrusted archives: those need `components.ingest`."""
    with tarfile.open(archive) as tar:
        tar.extractall(folder, filter="data")


def _anonymous(member: tarfile.TarInfo) -> tarfile.TarInfo:
    member.uid = member.gid = 0
    member.uname = member.gname = ""
    member.mtime = 0
    return member
