"""Result of compression: sizes, counts and errors."""

from __future__ import annotations

from dataclasses import asdict, dataclass

from components.compress.compare import RoundTripErrors
from components.compress.drop_unusable import Dropped
from components.compress.order import OrderName
from components.shared.contracts.report import CompressFigures


@dataclass(frozen=True, slots=True)
class SogResult:
    """Measurements of the written file.

    ply_bytes: size of the same scene as a 3DGS ply; palette_entries: 0 without view-dependent color;
    file_bytes: size of each file in the .sog, by name; seconds: wall-clock time;
    versions: of the packages that decide the bytes, by name.
    """

    bytes: int
    ply_bytes: int
    gaussians: int
    dropped: Dropped
    order: OrderName
    palette_entries: int
    file_bytes: dict[str, int]
    errors: RoundTripErrors
    seconds: float
    versions: dict[str, str]

    @property
    def ratio(self) -> float:
        """Size of the ply divided by that of the .sog."""
        return self.ply_bytes / self.bytes

    @property
    def bytes_per_gaussian(self) -> float:
        return self.bytes / self.gaussians

    def figures(self) -> CompressFigures:
        """The `compress` part of `report.json`."""
        return CompressFigures(
            bytes=self.bytes,
            ply_bytes=self.ply_bytes,
            ratio=self.ratio,
            bytes_per_gaussian=self.bytes_per_gaussian,
            order=self.order,
            seconds=self.seconds,
        )

    def metrics(self) -> dict[str, float | None]:
        """Metrics of the Kubeflow UI; names end with the unit."""
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
