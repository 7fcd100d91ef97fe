"""The beginning of a file, by which exports are told from other files of their suffix."""

from __future__ import annotations

from components.ingest.source.source_file import SourceFile


def beginning(file: SourceFile, count: int) -> bytes:
    """At most `count` bytes; none of a file that cannot be opened, which is then no export."""
    if file.path is None or not file.path.is_file():
        return b""
    try:
        with file.path.open("rb") as opened:
            return opened.read(count)
    except PermissionError:
        return b""
