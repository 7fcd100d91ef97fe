"""Which Gaussians the photos speak against: one rule for each reason, a mask [N] of what is to go."""

from __future__ import annotations

from collections.abc import Callable

from torch import Tensor

from components.shared.contracts.training import CleanUpReason
from components.train.clean_up.evidence import Evidence

_ONE_PHOTO_FRACTION = 0.9
"""Of its contribution that a floater has in one photo alone."""
_FLOATER_MAX_DEPTH = 0.8
"""Relative depth of floaters in that photo."""
_HAZE_MIN_FRACTION = 0.8
"""Of the photos that contain it, those that look through haze."""
_HAZE_MIN_PHOTOS = 2


def floaters(evidence: Evidence) -> Tensor:
    """What one photo alone shows, in front of what that photo shows otherwise."""
    is_of_one = evidence.largest > _ONE_PHOTO_FRACTION * evidence.contribution
    return is_of_one & (evidence.depth_in_largest < _FLOATER_MAX_DEPTH)


def haze(evidence: Evidence) -> Tensor:
    """What nearly all photos look through: a veil between the cameras and the scene, or before the sky."""
    looking_through = evidence.looking_through > _HAZE_MIN_FRACTION * evidence.photos
    return looking_through & (evidence.photos >= _HAZE_MIN_PHOTOS)


RULES: dict[CleanUpReason, Callable[[Evidence], Tensor]] = {"floaters": floaters, "haze": haze}
"""In the order in which they are tried."""
