"""Limits on what a capture may hold. Archives are untrusted: the sizes in their headers are checked, too."""

from __future__ import annotations

import errno
import re
from collections.abc import Iterator
from contextlib import contextmanager

from components.ingest.settings import IngestSettings
from components.shared.errors import InputError

REPACK = "Pack the photos themselves, as files in folders, into a new .zip or .tar."
_SLACK_BYTES = 1_000_000


class SizeLimits:
    """Counts the files and unpacked bytes of one capture and raises InputError above a limit."""

    def __init__(self, name: str, settings: IngestSettings, packed_bytes: int | None = None) -> None:
        """`name` is the source in messages; `packed_bytes` the archive's size, None for a folder."""
        self._name, self._settings = name, settings
        self._files = self._bytes = 0
        self._max_bytes = int(settings.max_gigabytes * 1e9)
        self._max_unpacked = None if packed_bytes is None else self._unpacked_limit(packed_bytes)

    def add_file(self) -> None:
        self._files += 1
        if self._files > self._settings.max_files:
            raise InputError(
                f"{self._name} holds more than {self._settings.max_files} files",
                remedy="Split the capture, or raise the limit with --set ingest.max_files=NUMBER.",
            )

    def add_bytes(self, count: int) -> None:
        self._bytes += count
        if self._max_unpacked is not None and self._bytes > self._max_unpacked:
            self.refuse_growth()
        if self._bytes > self._max_bytes:
            raise InputError(
                f"{self._name} holds more than {self._settings.max_gigabytes:g} GB",
                remedy="Split the capture, or raise the limit with --set ingest.max_gigabytes=NUMBER.",
            )

    def check_member(self, unpacked_bytes: int, packed_bytes: int) -> None:
        """Refuse a single member whose ratio of unpacked to packed size is above the limit."""
        if unpacked_bytes > self._unpacked_limit(packed_bytes):
            self.refuse_growth()

    def refuse_growth(self) -> None:
        raise InputError(
            f"{self._name} would grow more than {self._settings.max_unpack_ratio:g} times when unpacked, "
            "as no photos do",
            remedy=REPACK,
        )

    def _unpacked_limit(self, packed_bytes: int) -> int:
        return int(packed_bytes * self._settings.max_unpack_ratio) + _SLACK_BYTES


def checked_name(archive: str, name: str) -> str:
    """A member's name with `/` between folders, relative as `tar` and `unzip` make it: `/a.jpg`, `C:\\a.jpg`.

    Raises:
        InputError: the name leads out of the archive.
    """
    relative = re.sub(r"^/*([A-Za-z]:/)?", "", name.replace("\\", "/"))
    parts = [part for part in relative.split("/") if part not in ("", ".")]
    if ".." in parts:
        raise InputError(
            f"{archive} is unsafe: it holds a file named {name!r}, which lies outside of it", remedy=REPACK
        )
    return "/".join(parts)


@contextmanager
def damage_refused(archive: str, errors: tuple[type[Exception], ...]) -> Iterator[None]:
    """Turn what a library raises for a damaged archive into an InputError: `errors`, and some OSErrors.

    OSErrors of the storage pass through.
    """
    try:
        yield
    except errors + (OSError,) as error:  # noqa: RUF005
        if isinstance(error, OSError) and error.errno not in (None, errno.EINVAL):
            raise
        raise InputError(
            f"{archive} is damaged or cut off ({error})", remedy="Copy or upload it again, completely."
        ) from error
