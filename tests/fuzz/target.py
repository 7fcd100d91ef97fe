"""What all fuzz targets share: a reader returns a result or raises the documented error."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from components.shared.errors import InputError

TARGETS = (
    "exif",
    "photos",
    "ply",
    "compressed_ply",
    "sog",
    "spz",
    "glb",
    "splat",
    "archives",
    "transforms",
    "colmap",
    "exports",
    "positions",
    "video",
)
"""Modules of this package."""
READ, REFUSED = "read", "refused"
FINDINGS = Path(__file__).parent / "findings"
SEPARATOR = b"\n--- file "


@dataclass(frozen=True, slots=True)
class Target:
    """A reader under test.

    seeds: sound files by name, generated. read: reads such bytes, in an empty folder; whatever it raises but
    `InputError` is a finding. max_bytes: of an input.
    """

    seeds: Callable[[], dict[str, bytes]]
    read: Callable[[bytes, Path], None]
    max_bytes: int = 4096

    def try_input(self, data: bytes, folder: Path) -> str:
        """`READ` or `REFUSED`."""
        try:
            self.read(data, folder)
        except InputError as error:
            if not (error.message and error.remedy):
                raise AssertionError("an error says what was found and what to do") from error
            return REFUSED
        return READ


def findings(name: str) -> list[Path]:
    """Inputs on which a target failed once."""
    return sorted((FINDINGS / name).glob("*"))


def joined(files: dict[str, bytes]) -> bytes:
    """Several files as one input, for readers of folders."""
    return b"".join(SEPARATOR + name.encode() + b"\n" + data for name, data in files.items())


def split(data: bytes, names: tuple[str, ...]) -> dict[str, bytes]:
    """The inverse of `joined`; only files of these names."""
    parts = (part.partition(b"\n") for part in data.split(SEPARATOR))
    known = {name.encode(): name for name in names}
    return {known[name]: content for name, _, content in parts if name in known}
