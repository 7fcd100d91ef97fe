"""Settings of structure from motion."""

from __future__ import annotations

from typing import ClassVar

from pydantic import Field

from components.shared.settings import Settings


class SfmSettings(Settings):
    """Gates, sizes of images and features, and the pairs that are matched."""

    stage: ClassVar[str] = "sfm"

    min_points: int = Field(default=1000, ge=1, le=10_000_000)
    """Fail if structure from motion finds fewer points."""
    min_registered_fraction: float = Field(default=0.5, ge=0.0, le=1.0)
    """Fail if a smaller fraction of the photos is registered."""
    max_image_px: int = Field(default=1600, ge=200, le=20_000)
    """Longer side, in pixels, that photos are shrunk to: for finding features, and in the scene."""
    max_features: int | None = Field(default=None, ge=100, le=100_000)
    """At most so many features a photo; by default 8192 to 1536, the fewer the more photos there are."""
    exhaustive_up_to: int = Field(default=50, ge=2, le=1000)
    """Up to so many photos all pairs are matched; of more photos those that look alike or are near."""
    max_minutes: float = Field(default=240.0, gt=0, le=10_000)
    """Time limit in minutes: no attempt begins after it, and at one and a half of it the stage is stopped."""
    snapshot_every_seconds: float = Field(default=120.0, ge=0)
    """Features and matches are stored so often; a stage that was killed goes on from there."""
    seed: int = Field(default=0, ge=0, le=2**31 - 1)
    """Start of all random choices."""
