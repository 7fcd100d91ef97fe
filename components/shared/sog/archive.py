"""The archive of a SOG, a zip without compression, and the error for one that cannot be read."""

from __future__ import annotations

import zipfile
from collections.abc import Mapping
from pathlib import Path

from components.shared.errors import InputError

META = "meta.json"
MAX_BYTES = 2**32 - 1
"""Size limit of the archive, since viewers do not read Zip64."""

_MEMBER_OVERHEAD_BYTES = 512
"""Upper limit of a member's headers in the zip."""
_MEMBER_HEADER_BYTES, _END_BYTES = 30 + 46, 22
"""Of a zip: a member's header and its entry in the directory, without its name twice; the directory's end."""
_ZIP_EPOCH = (1980, 1, 1, 0, 0, 0)
"""Modification time of all members, so that equal content gives an equal archive."""


def invalid_sog_error(problem: str) -> InputError:
    """The error for a file that is damaged or no SOG; `problem` names the file, the value and the limit."""
    return InputError(problem, remedy="The file is damaged or no SOG scene: download it or export it again.")


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


def archive_bytes(files: Mapping[str, bytes]) -> int:
    """Size of the archive that `write_archive` makes of `files`."""
    return _END_BYTES + sum(
        _MEMBER_HEADER_BYTES + 2 * len(name.encode()) + len(data) for name, data in files.items()
    )


def check_archive_size(size: int) -> None:
    """Raise an `InputError` for an archive of more than `MAX_BYTES`."""
    if size > MAX_BYTES:
        raise InputError(
            f"the compressed scene has {size:,} bytes; a .sog holds at most {MAX_BYTES:,}",
            remedy="Train with a lower --max-gaussians, or split the scene.",
        )
