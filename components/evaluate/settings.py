"""Settings of evaluation: the gates, and what the presentation looks like."""

from __future__ import annotations

from pathlib import Path
from typing import ClassVar

from pydantic import Field

from components.shared.settings import Settings


class EvaluateSettings(Settings):
    """The gates, and what the presentation looks like."""

    stage: ClassVar[str] = "evaluate"

    title: str | None = None
    """Heading of the report and of the viewer's page. None: the name of the results' folder."""
    max_psnr_drop_db: float = Field(default=1.0, ge=0.0, le=100.0)
    """Fail if compression costs more quality than this, in dB of held-out PSNR."""
    min_psnr_db: float = Field(default=10.0, ge=0.0, le=100.0)
    """Fail if the held-out PSNR is below this, in dB. An empty scene has 5 to 8; a good one of few photos, in
    changing light and with a tree before one of them, had 14."""
    lpips_weights: Path | None = None
    """State of `lpips.LPIPS(net="alex")`, see the README. None: LPIPS is not measured."""
    thumbnail_px: int = Field(default=640, ge=32, le=4096)
    """Longer side of the thumbnail, in pixels."""
    flythrough_px: int = Field(default=480, ge=64, le=4096)
    """Longer side of the fly-through, in pixels."""
    flythrough_seconds: float = Field(default=7.0, ge=1.0, le=120.0)
    """Length of the fly-through, in seconds."""
    flythrough_fps: int = Field(default=20, ge=1, le=60)
    """Frames a second of the fly-through; seconds × fps images are rendered."""
    tensorboard: bool = False
    """Also write the curves of training for TensorBoard: `tensorboard --logdir OUTPUT`, or a folder of
    several outputs, which it compares."""

    @property
    def heading(self) -> str:
        return self.title or "Scene"

    @property
    def flythrough_frames(self) -> int:
        return max(2, round(self.flythrough_seconds * self.flythrough_fps))
