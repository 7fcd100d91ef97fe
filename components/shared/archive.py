"""Image sets travel as one uncompressed tar, because Kubeflow's launcher copies folders file by file."""

from __future__ import annotations

import tarfile
from pathlib import Path

from components.shared.files import atomic_path


def pack(folder: Path, archive: Path) -> None:
    """Write the content of `folder` to `archive`, sorted by name and without times: equal in, equal out."""
    with atomic_path(archive) as temporary, tarfile.open(temporary, "w") as tar:
        for path in sorted(folder.rglob("*")):
            tar.add(path, arcname=str(path.relative_to(folder)), recursive=False, filter=_anonymous)


def unpack(archive: Path, folder: Path) -> None:
    """Extract an archive that `pack` wrote. For archives of strangers see `components.ingest`."""
    with tarfile.open(archive) as tar:
        tar.extractall(folder, filter="data")


def _anonymous(member: tarfile.TarInfo) -> tarfile.TarInfo:
    member.uid = member.gid = 0
    member.uname = member.gname = ""
    member.mtime = 0
    return member
