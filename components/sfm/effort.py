"""How hard an attempt tries: more features and laxer thresholds find more, at more cost and risk."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Effort:
    """What an attempt changes of the settings and of COLMAP's own defaults."""

    name: str
    feature_factor: int
    """Times the features a photo may have."""
    contrast_factor: float
    """Times COLMAP's limit of contrast, below which a detail is no feature."""
    min_matches_to_place: int
    """Agreeing points that place a photo."""
    min_first_angle_degrees: float
    """Between the views of the first pair: the parallax to start from."""


USUAL = Effort("usual", 1, 1.0, 30, 16.0)
PATIENT = Effort("patient", 2, 0.3, 15, 6.0)
