"""The figures at the top of the page."""

from __future__ import annotations

from dataclasses import dataclass

from components.evaluate.measure import Measurement
from components.evaluate.report.format_values import processor, size, thousands
from components.shared.contracts.training import GpuUsage
from components.shared.progress import duration
from components.shared.scene import Scene


@dataclass(frozen=True, slots=True)
class Figure:
    """One figure as text: name, value, unit, and a note that explains it."""

    name: str
    value: str
    unit: str
    note: str


@dataclass(frozen=True, kw_only=True, slots=True)
class DeliveredFile:
    """The delivered file and the training that it comes from."""

    gaussians: int
    sog_bytes: int
    ply_bytes: int
    steps: int
    training_seconds: float
    device: str
    gpu_usage: GpuUsage | None = None
    color_corrected_psnr_db: float | None = None
    """PSNR of the uncompressed scene in the exposure of each photo; None where training learned none."""


def headline(scene: Scene, measurement: Measurement, delivered: DeliveredFile) -> list[Figure]:
    return [
        *_quality(measurement, delivered.color_corrected_psnr_db),
        *_file(delivered),
        _reconstruction(scene),
    ]


def _quality(measurement: Measurement, color_corrected_psnr_db: float | None) -> list[Figure]:
    count = len(measurement.views)
    photos = f"on {'1 photo' if count == 1 else f'{count} photos'} that training did not see"
    if color_corrected_psnr_db is not None:
        photos += f"; {color_corrected_psnr_db:.1f} before compression, each in its photo's exposure"
    drop = max(measurement.psnr_drop_db, 0.0)
    figures = [
        Figure("Held-out PSNR", f"{measurement.psnr_db:.1f}", "dB", photos),
        Figure("Held-out SSIM", f"{measurement.ssim:.3f}", "", "1 for identical images"),
        Figure("Loss by compression", f"{drop:.2f}", "dB PSNR", "against the uncompressed scene"),
    ]
    if measurement.lpips is not None:
        figures.insert(2, Figure("Held-out LPIPS", f"{measurement.lpips:.3f}", "", "0 for identical images"))
    return figures


def _file(delivered: DeliveredFile) -> list[Figure]:
    value, unit = size(delivered.sog_bytes).split(" ")
    ratio = delivered.ply_bytes / delivered.sog_bytes
    trained = (
        f"{delivered.steps} steps in {duration(delivered.training_seconds)} on {processor(delivered.device)}"
    )
    usage = delivered.gpu_usage.sentence() if delivered.gpu_usage else ""
    return [
        Figure("Size", value, unit, f"{ratio:.1f} × smaller than the {size(delivered.ply_bytes)} .ply"),
        Figure("Gaussians", thousands(delivered.gaussians), "", ", ".join(filter(None, (trained, usage)))),
    ]


def _reconstruction(scene: Scene) -> Figure:
    info = scene.info
    if info.reprojection_error_px is None:
        points = "with the poses of the capture"
    else:
        points = f"{thousands(info.points)} points, {info.reprojection_error_px:.2f} px reprojection error"
    return Figure("Photos registered", str(info.registered), f"of {info.capture.accepted}", points)
