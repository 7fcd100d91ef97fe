"""Whether a capture is still what it was when a run was interrupted."""

from __future__ import annotations

from importlib.metadata import version

from components.ingest.source.list_source import fingerprint_of, hash_of, list_source
from components.shared.errors import InputError
from components.shared.storage import is_s3


def capture_state(capture: str) -> str | None:
    """A hash of the names, sizes and times of a capture's files; None where it cannot be computed.

    Another version of this program gives another hash: a run does not resume from an older version's results.
    """
    if is_s3(capture):
        return None
    try:
        return hash_of((version("kubesplat"), fingerprint_of(list_source(capture).files)))
    except InputError:  # the run itself says it
        return None
