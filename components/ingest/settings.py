"""What ingest may be told: when a photo is good enough, and how much an archive may hold."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class IngestSettings:
    """The defaults refuse what cannot be used or would harm the machine, and nothing else."""

    min_images: int = 3
    """With fewer good photos the capture is refused: two views fix no shape."""
    min_side_px: int = 200
    """Photos whose shorter side is below are thumbnails, in pixels."""
    max_megapixels: float = 250.0
    """Larger images are not even decoded, in millions of pixels; the largest cameras make 200."""
    min_sharpness: float = 0.1
    """Photos less sharp than this part of their camera's median are left out as blurred; 0 keeps all."""
    max_files: int = 20_000
    """A capture with more files is refused."""
    max_gigabytes: float = 200.0
    """A capture that is larger, unpacked, is refused, in GB of 10^9 bytes."""
    max_unpack_ratio: float = 100.0
    """An archive that grows by more when unpacked is a bomb; photos hardly grow at all."""
    max_video_frames: int = 150
    """So many frames are taken out of a video at most, the sharpest ones, evenly spread."""
    max_video_frames_per_second: float = 3.0
    """Frames closer in time than this differ too little to show depth, in frames per second of video."""

    def __post_init__(self) -> None:
        for name, low, high in (
            ("min_images", 3, 1_000_000),
            ("min_side_px", 1, 100_000),
            ("max_megapixels", 0.01, 100_000.0),
            ("min_sharpness", 0.0, 1.0),
            ("max_files", 3, 10_000_000),
            ("max_gigabytes", 0.001, 1_000_000.0),
            ("max_unpack_ratio", 1.0, 10_000.0),
            ("max_video_frames", 3, 100_000),
            ("max_video_frames_per_second", 0.01, 1_000.0),
        ):
            value = getattr(self, name)
            if not low <= value <= high:
                raise ValueError(f"{name} is {value}; it must be from {low} to {high}")
