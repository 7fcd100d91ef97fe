"""How much a capture may hold. Archives are written by strangers: nothing in them is believed."""

from __future__ import annotations

import re

from components.ingest.settings import IngestSettings
from components.shared.errors import InputError

REPACK = "Pack the photos themselves, as files in folders, into a new .zip or .tar."
_SLACK_BYTES = 1_000_000


class Allowance:
    """Counts files and unpacked bytes, and refuses the capture once it goes over a limit."""

    def __init__(self, what: str, settings: IngestSettings, packed_bytes: int | None = None) -> None:
        """`packed_bytes`: the size of the archive; None where nothing is packed."""
        self._what, self._settings = what, settings
        self._files = self._bytes = 0
        self._max_bytes = int(settings.max_gigabytes * 1e9)
        self._max_grown = None if packed_bytes is None else self._grown(packed_bytes)

    def add_file(self) -> None:
        self._files += 1
        if self._files > self._settings.max_files:
            raise InputError(
                f"{self._what} holds more than {self._settings.max_files} files",
                remedy="Split the capture, or raise max_files.",
            )

    def add_bytes(self, count: int) -> None:
        self._bytes += count
        if self._max_grown is not None and self._bytes > self._max_grown:
            self.refuse_growth()
        if self._bytes > self._max_bytes:
            raise InputError(
                f"{self._what} holds more than {self._settings.max_gigabytes:g} GB",
                remedy="Split the capture, or raise max_gigabytes.",
            )

    def check_member(self, unpacked_bytes: int, packed_bytes: int) -> None:
        """Refuse a single file that grows without measure."""
        if unpacked_bytes > self._grown(packed_bytes):
            self.refuse_growth()

    def refuse_growth(self) -> None:
        raise InputError(
            f"{self._what} would grow more than {self._settings.max_unpack_ratio:g} times when unpacked, "
            "as no photos do",
            remedy=REPACK,
        )

    def _grown(self, packed_bytes: int) -> int:
        return int(packed_bytes * self._settings.max_unpack_ratio) + _SLACK_BYTES


def checked_name(archive: str, name: str) -> str:
    """A member's name with `/` between folders; one that leads out of the archive refuses it."""
    parts = [part for part in name.replace("\\", "/").split("/") if part not in ("", ".")]
    if name[:1] in ("/", "\\") or re.match(r"[A-Za-z]:[/\\]", name) or ".." in parts:
        raise InputError(
            f"{archive} is unsafe: it holds a file named {name!r}, which lies outside of it", remedy=REPACK
        )
    return "/".join(parts)
