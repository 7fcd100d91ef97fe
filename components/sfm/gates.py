"""What a reconstruction must reach before a GPU is spent on it."""

from __future__ import annotations

from typing import Any

from components.sfm.settings import SfmSettings
from components.shared.errors import ReconstructionError

_NAMED = 8
_REMEDY = (
    "Photograph all around the subject, each photo overlapping the last by two thirds, and move between "
    "photos instead of turning on the spot. Leave out blurred photos and photos of other places."
)


def passes(registered: int, images: int, points: int, settings: SfmSettings) -> bool:
    return points >= settings.min_points and registered > settings.min_registered_fraction * images


def check_gates(verdicts: list[dict[str, Any]], points: int, settings: SfmSettings) -> None:
    """Raise `ReconstructionError`, naming the photos without a place and why, unless both gates are met."""
    registered = sum(verdict["registered"] for verdict in verdicts)
    if passes(registered, len(verdicts), points, settings):
        return
    raise ReconstructionError(
        f"{registered} of {len(verdicts)} photos found their place, with {points} points; "
        f"more than {settings.min_registered_fraction:.0%} of the photos and {settings.min_points} points "
        f"are needed{_named(verdicts)}",
        remedy=_REMEDY,
    )


def _named(verdicts: list[dict[str, Any]]) -> str:
    lost = [verdict for verdict in verdicts if not verdict["registered"]]
    lines = [f"\n  {verdict['name']}: {verdict['verdict']}, {verdict['reason']}" for verdict in lost[:_NAMED]]
    if len(lost) > _NAMED:
        lines.append(f"\n  and {len(lost) - _NAMED} more")
    return ":" + "".join(lines) if lines else ""
