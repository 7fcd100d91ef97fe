"""Keeps compiled kernels true to their sources.

numba compiles a kernel again when its own file changed, but not when a function or constant changed that it
took from another file: after an update it would run old code on new data.
"""

from __future__ import annotations

from pathlib import Path


def drop_stale_cache(sources: Path) -> None:
    """Delete numba's index files under `sources` that are older than the newest source there."""
    newest = max(path.stat().st_mtime for path in sources.rglob("*.py"))
    for index in sources.rglob("__pycache__/*.nbi"):
        try:
            if index.stat().st_mtime < newest:
                index.unlink()
        except OSError:
            # Another process was quicker, or the folder is read-only and so are its sources.
            continue
