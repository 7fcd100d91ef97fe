"""Result of compression: sizes, counts and errors."""

from __future__ import annotations

from dataclasses import asdict, dataclass

from components.compress.compare import RoundTripErrors
from components.compress.drop_unusable import LeftOut
from components.compress.order.choose import OrderName
from components.shared.contracts.report import CompressFigures


@dataclass(frozen=True, slots=True)
class SogResult:
    """Measurements of the written file.

    gaussians: in the file; limited: of them, with a value that is set to the end of its range;
    ply_bytes: size of the same scene as a 3DGS ply; palette_entries: 0 without view-dependent color;
    file_bytes: size of each file in the .sog, by name; seconds: wall-clock time;
    versions: of the packages that decide the bytes, by name;
    psnr_drop_db: loss on the held-out photos, None where no limit of it was asked for.
    """

    bytes: int
    ply_bytes: int
    gaussians: int
    left_out: LeftOut
    limited: int
    order: OrderName
    palette_entries: int
    file_bytes: dict[str, int]
    errors: RoundTripErrors
    seconds: float
    versions: dict[str, str]
    psnr_drop_db: float | None = None

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
            gaussians=self.gaussians,
            left_out=self.left_out.by_reason(),
            limited=self.limited,
            order=self.order,
            seconds=self.seconds,
        )

    def metrics(self) -> dict[str, float | None]:
        """Metrics of the Kubeflow UI; names end with the unit."""
        left_out = self.left_out
        return {
            "size_bytes": self.bytes,
            "ply_size_bytes": self.ply_bytes,
            "compression_ratio": self.ratio,
            "size_bytes_per_gaussian": self.bytes_per_gaussian,
            "gaussians": self.gaussians,
            "dropped_invalid_gaussians": left_out.not_finite + left_out.empty + left_out.too_large,
            "dropped_invisible_gaussians": left_out.transparent + left_out.too_far + left_out.unseen,
            "limited_gaussians": self.limited,
            "palette_entries": self.palette_entries,
            "compress_seconds": self.seconds,
            **{f"round_trip_{name}": value for name, value in asdict(self.errors).items()},
        }
