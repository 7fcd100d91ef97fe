"""Settings of a pass over an inbox."""

from __future__ import annotations

from typing import ClassVar

from pydantic import Field

from components.shared.settings import Settings


class InboxSettings(Settings):
    """Which captures of an inbox are begun, and which versions of scenes are kept."""

    stage: ClassVar[str] = "inbox"

    quiet_minutes: int = Field(default=5, ge=0, le=10_000)
    """Leave alone what changed in the last minutes, it may still be uploading."""
    max_passes: int = Field(default=3, ge=1, le=1_000)
    """A capture that fails by infrastructure is given up after so many passes."""
    complete_marker: str = Field(default="", max_length=100, pattern=r"^[^/,=\\]*$")
    """Name of a file that is uploaded last: `castle/_COMPLETE` of a folder, `castle.zip_COMPLETE` beside an
    archive. Captures without it are left alone; with it, they do not wait for quiet_minutes. Empty: none."""
    captures_per_pass: int = Field(default=100, ge=1, le=10_000)
    """A pass begins at most so many captures; the next one, which may overlap, takes others."""
    leases: bool = True
    """Passes that overlap never take the same capture. off: for an object store without conditional writes;
    then only one pass may run at a time."""
    lease_hours: float = Field(default=24, gt=0, le=1_000)
    """A run on a cluster that takes longer for a capture, from its start, can lose it to another one."""
    keep_versions: int | None = Field(default=None, ge=1, le=10_000)
    """Good versions of each scene that a pass leaves, the latest among them. 0: all."""
    keep_days: float | None = Field(default=None, gt=0, le=100_000)
    """Age at which a pass deletes versions, but never the latest good one of a scene. 0: never."""
