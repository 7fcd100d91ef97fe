"""What evaluation may be told."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, kw_only=True)
class EvaluateSettings:
    """The gates, and what the presentation looks like."""

    title: str = "Scene"
    """Heading of the report and of the viewer's page."""
    max_psnr_drop_db: float = 1.0
    """The gate: how much of the held-out PSNR compression may cost, dB."""
    min_psnr_db: float = 10.0
    """The gate: held-out PSNR below this is no likeness, dB. An empty scene has 5 to 8; a good one of few
    photos, in changing light and with a tree before one of them, had 14."""
    lpips_weights: Path | None = None
    """State of `lpips.LPIPS(net="alex")`, see the README. None: LPIPS is not measured."""
    thumbnail_px: int = 640
    """Longer side of the thumbnail."""
    flythrough_px: int = 480
    """Longer side of the fly-through."""
    flythrough_seconds: float = 7.0
    """Length of the fly-through."""
    flythrough_fps: int = 20
    """Frames a second; seconds × fps pictures are rendered."""

    def __post_init__(self) -> None:
        for name, low, high in (
            ("max_psnr_drop_db", 0.0, 100.0),
            ("min_psnr_db", 0.0, 100.0),
            ("thumbnail_px", 32, 4096),
            ("flythrough_px", 64, 4096),
            ("flythrough_seconds", 1.0, 120.0),
            ("flythrough_fps", 1, 60),
        ):
            value = getattr(self, name)
            if not low <= value <= high:
                raise ValueError(f"{name} is {value}; it must be from {low} to {high}")

    @property
    def flythrough_frames(self) -> int:
        return max(2, round(self.flythrough_seconds * self.flythrough_fps))
