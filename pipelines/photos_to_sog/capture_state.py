"""Whether a capture is still what it was when a run was interrupted."""

from __future__ import annotations

import hashlib
import os
from importlib.metadata import version
from pathlib import Path


def capture_state(capture: str) -> str | None:
    """A short hash of the names, sizes and times of a capture's files; None where that cannot be told.

    Another version of this program gives another hash: what an older one made is not gone on with.
    """
    root = Path(capture)
    if not root.exists():  # in S3, or not there at all
        return None
    digest = hashlib.sha256(version("kubesplat").encode())
    for path in [root, *sorted(root.rglob("*"))]:
        status = path.stat(follow_symlinks=False)
        facts = (path.relative_to(root), status.st_size if path.is_file() else 0, status.st_mtime_ns)
        digest.update(os.fsencode(repr(facts)))
    return digest.hexdigest()[:12]
