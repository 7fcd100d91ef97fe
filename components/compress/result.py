"""What compression reports."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from components.compress.compare import RoundTripErrors
from components.compress.drop_unusable import Dropped


@dataclass(frozen=True, slots=True)
class SogResult:
    """All measured on the written file. `ply_bytes` is the size of the scene as a standard ply.

    order: name of the order of Gaussians in the file; palette_entries: 0 without view-dependent colour;
    file_bytes: by name of the file within the .sog.
    """

    bytes: int
    ply_bytes: int
    gaussians: int
    dropped: Dropped
    order: str
    palette_entries: int
    file_bytes: dict[str, int]
    errors: RoundTripErrors
    seconds: float

    @property
    def ratio(self) -> float:
        """How many times smaller than the ply."""
        return self.ply_bytes / self.bytes

    @property
    def bytes_per_gaussian(self) -> float:
        return self.bytes / self.gaussians

    def figures(self) -> dict[str, Any]:
        """The `compress` part of `report.json`."""
        names = ("bytes", "ply_bytes", "ratio", "bytes_per_gaussian", "order", "seconds")
        return {name: getattr(self, name) for name in names}

    def metrics(self) -> dict[str, float | None]:
        """Flat figures, named with their units."""
        return {
            "size_bytes": self.bytes,
            "ply_size_bytes": self.ply_bytes,
            "compression_ratio": self.ratio,
            "size_bytes_per_gaussian": self.bytes_per_gaussian,
            "gaussians": self.gaussians,
            "dropped_invalid_gaussians": self.dropped.invalid,
            "dropped_invisible_gaussians": self.dropped.invisible,
            "palette_entries": self.palette_entries,
            "compress_seconds": self.seconds,
            **{f"round_trip_{name}": value for name, value in asdict(self.errors).items()},
        }
