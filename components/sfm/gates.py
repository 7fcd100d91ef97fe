"""What a reconstruction must reach before a GPU is spent on it."""

from __future__ import annotations

from collections import Counter
from typing import Any

from components.sfm.settings import SfmSettings
from components.sfm.verdicts import FEW_FEATURES, NOT_REGISTERED, OTHER_COMPONENT, UNREADABLE
from components.shared.errors import ReconstructionError

_NAMED = 8
_OVERLAP = (
    "Photograph all around the subject in small steps: each photo should show two thirds of what the one "
    "before it shows. Leave out photos of other places."
)
_NO_DEPTH = (
    "The photos were taken from one spot, or show one flat surface: depth cannot be seen in them. Move by a "
    "tenth of the distance to the subject or more between photos, instead of turning on the spot."
)
_REMEDIES = {
    UNREADABLE: "Save the photos named above as JPEG, and run again.",
    FEW_FEATURES: "Leave out blurred and dark photos and bare walls; include things with texture, such as a "
    "rug or books, in every photo.",
    OTHER_COMPONENT: "The photos fall into groups that nothing connects: add photos on the way from one to "
    "the other, each overlapping the last by two thirds, or run each group by itself.",
    NOT_REGISTERED: "Move between photos, by a tenth of the distance to the subject or more, instead of "
    "turning on the spot; each photo should overlap the last by two thirds.",
}


def passes(registered: int, photos: int, points: int, settings: SfmSettings) -> bool:
    return points >= settings.min_points and registered > settings.min_registered_fraction * photos


def check_gates(
    verdicts: list[dict[str, Any]], points: int, settings: SfmSettings, *, shows_depth: bool
) -> None:
    """Raise `ReconstructionError`, naming the photos without a place and why, unless both gates are met."""
    lost = [verdict for verdict in verdicts if not verdict["registered"]]
    registered = len(verdicts) - len(lost)
    if passes(registered, len(verdicts), points, settings):
        return
    raise ReconstructionError(
        f"{registered} of {len(verdicts)} photos found their place, with {points} points; "
        f"more than {settings.min_registered_fraction:.0%} of the photos and {settings.min_points} points "
        f"are needed{_named(lost)}",
        remedy=_remedy(lost) if shows_depth else _NO_DEPTH,
    )


def _named(lost: list[dict[str, Any]]) -> str:
    lines = [f"\n  {verdict['name']}: {verdict['verdict']}, {verdict['reason']}" for verdict in lost[:_NAMED]]
    if len(lost) > _NAMED:
        lines.append(f"\n  and {len(lost) - _NAMED} more")
    return ":" + "".join(lines) if lines else ""


def _remedy(lost: list[dict[str, Any]]) -> str:
    """For what most photos suffer from."""
    causes = Counter(verdict["verdict"] for verdict in lost).most_common(1)
    return _REMEDIES.get(causes[0][0], _OVERLAP) if causes else _OVERLAP
