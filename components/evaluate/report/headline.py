"""The figures at the top of the page."""

from __future__ import annotations

from dataclasses import dataclass

from components.evaluate.measure import Measurement
from components.evaluate.report.words import processor, size, thousands
from components.shared.progress import duration
from components.shared.scene import Scene


@dataclass(frozen=True, slots=True)
class Figure:
    """One figure: what, how much, in what unit, and what to think of it."""

    name: str
    value: str
    unit: str
    note: str


@dataclass(frozen=True, slots=True)
class Delivered:
    """What the delivered file is beside its quality."""

    gaussians: int
    sog_bytes: int
    ply_bytes: int
    steps: int
    training_seconds: float
    device: str
    exposed_psnr_db: float | None = None
    """Of the uncompressed scene in each photo's own exposure, where training learned exposures."""


def headline(scene: Scene, measurement: Measurement, delivered: Delivered) -> list[Figure]:
    return [*_quality(measurement, delivered.exposed_psnr_db), *_file(delivered), *_reconstruction(scene)]


def _quality(measurement: Measurement, exposed_psnr_db: float | None) -> list[Figure]:
    count = len(measurement.views)
    photos = "1 photo" if count == 1 else f"{count} photos"
    unseen = f"on {photos} that training never saw"
    if exposed_psnr_db is not None:
        unseen += f"; {exposed_psnr_db:.1f} before compression, each in its photo's exposure"
    drop = measurement.psnr_drop_db
    figures = [
        Figure("Likeness", f"{measurement.psnr_db:.1f}", "dB PSNR", unseen),
        Figure("Structure", f"{measurement.ssim:.3f}", "SSIM", "1 is a perfect copy"),
        Figure("Cost of compression", f"{max(drop, 0.0):.2f}", "dB PSNR", "against the uncompressed scene"),
    ]
    if measurement.lpips is not None:
        figures.insert(2, Figure("Perceived difference", f"{measurement.lpips:.3f}", "LPIPS", "0 is none"))
    return figures


def _file(delivered: Delivered) -> list[Figure]:
    value, unit = size(delivered.sog_bytes).split(" ")
    ratio = delivered.ply_bytes / delivered.sog_bytes
    trained = (
        f"{delivered.steps} steps in {duration(delivered.training_seconds)} on {processor(delivered.device)}"
    )
    return [
        Figure("Size", value, unit, f"{ratio:.1f} × smaller than the {size(delivered.ply_bytes)} .ply"),
        Figure("Gaussians", thousands(delivered.gaussians), "", trained),
    ]


def _reconstruction(scene: Scene) -> list[Figure]:
    info = scene.info
    if info["reprojection_error_px"] is None:
        points = "their poses came with the capture"
    else:
        points = f"{thousands(info['points'])} points to {info['reprojection_error_px']:.2f} px"
    return [Figure("Photos placed", str(info["registered"]), f"of {info['capture']['accepted']}", points)]
