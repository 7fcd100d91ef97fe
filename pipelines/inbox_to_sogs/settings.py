"""Settings of a pass over an inbox."""

from __future__ import annotations

from typing import ClassVar

from pydantic import Field

from components.shared.settings import Settings


class InboxSettings(Settings):
    """Which captures of an inbox are begun."""

    stage: ClassVar[str] = "inbox"

    quiet_minutes: int = Field(default=5, ge=0, le=10_000)
    """Leave alone what changed in the last minutes, it may still be uploading."""
    max_passes: int = Field(default=3, ge=1, le=1_000)
    """A capture that fails by infrastructure is given up after so many passes."""
