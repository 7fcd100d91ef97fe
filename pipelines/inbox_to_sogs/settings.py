"""What a pass over an inbox may be told."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class InboxSettings:
    quiet_minutes: int = 5
    """A capture with a file younger than this is left for the next pass: it may still be uploading."""
    max_passes: int = 3
    """A capture that fails by infrastructure is begun so often; bad photos once, until they change."""

    def __post_init__(self) -> None:
        for name, low, high in (("quiet_minutes", 0, 10_000), ("max_passes", 1, 1_000)):
            value = getattr(self, name)
            if not low <= value <= high:
                raise ValueError(f"{name} is {value}; it must be from {low} to {high}")
