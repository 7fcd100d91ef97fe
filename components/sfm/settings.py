"""What structure from motion may be told."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class SfmSettings:
    min_points: int = 1000
    """Gate: fewer points are no scene."""
    min_registered_fraction: float = 0.5
    """Gate: more than this part of the photos must find its place."""
    max_image_px: int = 1600
    """Longer side, in pixels, that photos are shrunk to: for finding features, and in the scene."""
    max_features: int = 8192
    """At most so many features a photo."""
    exhaustive_up_to: int = 80
    """Up to so many photos each is compared with each other; larger sets follow their order or their GPS."""
    seed: int = 0
    """For the mapper's random choices."""

    def __post_init__(self) -> None:
        for name, low, high in (
            ("min_points", 1, 10_000_000),
            ("min_registered_fraction", 0.0, 1.0),
            ("max_image_px", 200, 20_000),
            ("max_features", 100, 100_000),
            ("exhaustive_up_to", 2, 10_000),
            ("seed", 0, 2**31 - 1),
        ):
            value = getattr(self, name)
            if not low <= value <= high:
                raise ValueError(f"{name} is {value}; it must be from {low} to {high}")
