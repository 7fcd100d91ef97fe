"""`version.json` in the output of a run that makes a version of a scene: `scenes/<scene>/<version>/`.

Runs know their output alone. This file tells those of an inbox that theirs is one of several versions, and
under which lease they make it.
"""

from __future__ import annotations

from components.shared.contracts.contract import Contract, SchemaVersion
from components.shared.run_layout import VERSION_FILE
from components.shared.storage import NotFoundError, Storage


class VersionInfo(Contract):
    """The content of `version.json`."""

    schema_version: SchemaVersion = 1
    scene: str
    """Title of the capture, which is the name of the folder of versions."""
    version: str
    """Name of the version's folder; a later version has a later name."""
    capture: str
    holder: str
    """Run or pass that makes the version, and has the scene's lease meanwhile."""
    lease_seconds: float | None = None
    """Length of the lease; None where the object store cannot hold leases."""


def read_version_info(storage: Storage) -> VersionInfo | None:
    """What version is made at the output `storage`; None for a run without versions."""
    try:
        return VersionInfo.parse(storage.read_bytes(VERSION_FILE), VERSION_FILE)
    except NotFoundError:
        return None
