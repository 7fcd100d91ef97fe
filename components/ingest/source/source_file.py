"""Files of a source, before any of them is read."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path


@dataclass(frozen=True, slots=True)
class SourceFile:
    """One file of the source."""

    name: str
    """Path relative to the source, with `/` between folders; of a photo, as it is called in the capture."""
    path: Path | None
    """Local path; None for a file that was not fetched because ingest reads no files of its kind."""
    is_link: bool = False
    """Whether it is a link in an archive, which is not followed; `path` is then None."""
    original_name: str = ""
    """Path relative to the source where `name` is another; else empty."""

    changes: tuple[str, ...] = ()
    """What ingest has done to the pixels of this file already: `CaptureImage.changes`."""

    def renamed(self, name: str) -> SourceFile:
        """The same file under another name."""
        if name == self.name:
            return self
        original = (self.original_name or self.name).encode("utf-8", "replace").decode()
        return replace(self, name=name, original_name=original)
