"""Settings of ingest: when a photo is good enough, and how much an archive may hold."""

from __future__ import annotations

from typing import ClassVar

from pydantic import Field

from components.shared.settings import Settings


class IngestSettings(Settings):
    """The defaults refuse what cannot be used or would harm the machine, and nothing else."""

    stage: ClassVar[str] = "ingest"

    min_images: int = Field(default=3, ge=3, le=1_000_000)
    """Refuse a capture with fewer accepted photos: two views do not determine a shape."""
    min_side_px: int = Field(default=200, ge=1, le=100_000)
    """Photos whose shorter side is below are refused as thumbnails, in pixels."""
    max_megapixels: float = Field(default=250.0, ge=0.01, le=100_000.0)
    """Larger images are not even decoded, in millions of pixels; the largest cameras make 200."""
    min_sharpness: float = Field(default=0.1, ge=0.0, le=1.0)
    """Photos less sharp than this fraction of their camera's median are left out as blurred; 0 keeps all."""
    max_files: int = Field(default=20_000, ge=3, le=10_000_000)
    """A capture with more files is refused."""
    max_gigabytes: float = Field(default=200.0, ge=0.001, le=1_000_000.0)
    """A capture that is larger, unpacked, is refused, in GB of 10^9 bytes."""
    max_unpack_ratio: float = Field(default=100.0, ge=1.0, le=10_000.0)
    """An archive that grows by a larger factor when unpacked is refused as a bomb; photos hardly grow."""
    max_video_frames: int = Field(default=150, ge=3, le=100_000)
    """At most so many frames are taken out of a video, the sharpest ones, evenly spread."""
    max_video_frames_per_second: float = Field(default=3.0, ge=0.01, le=1_000.0)
    """Frames closer in time than this differ too little to show depth, in frames per second of video."""
