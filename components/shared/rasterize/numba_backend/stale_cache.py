"""Deletes compiled kernels that are older than their sources.

numba compiles a kernel again when its own file changed, but not when a function or constant changed that the
kernel imports from another file: after an update old machine code would run on new data.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path

SOURCES = Path(__file__).parents[1]
"""The folder of all that kernels import."""


@cache
def drop_stale_cache(sources: Path = SOURCES) -> None:
    """Delete numba's index files under `sources` that are older than the newest source; once per process."""
    newest = max(path.stat().st_mtime for path in sources.rglob("*.py"))
    for index in sources.rglob("__pycache__/*.nbi"):
        try:
            if index.stat().st_mtime < newest:
                index.unlink()
        except OSError:
            # Another process deleted it first, or the folder is read-only and so are its sources.
            continue
