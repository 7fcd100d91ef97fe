"""Settings of the inspection of a capture before a run."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from components.shared.settings import Settings


class InspectSettings(Settings):
    """Whether a run inspects its capture."""

    stage: ClassVar[str] = "inspect"

    enabled: bool = False
    """Whether a run begins by matching small images, and ends there if too few photos will fit together."""


def inspects(settings: Mapping[str, Settings]) -> bool:
    """Whether a run with these settings, by stage, begins with an inspection."""
    own = settings["inspect"]
    assert isinstance(own, InspectSettings), "settings are by stage"
    return own.enabled
