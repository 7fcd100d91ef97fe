"""Measures a delivered scene on held-out photos, and writes its report, viewer, thumbnail and fly-through."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from components.evaluate.camera_path import camera_path
from components.evaluate.flythrough import write_flythrough
from components.evaluate.look_at import LookAt, look_at
from components.evaluate.lpips import load_lpips
from components.evaluate.measure import Measurement, check_gates, measure
from components.evaluate.places import subject_depth
from components.evaluate.report.build import Findings, build_report
from components.evaluate.report.headline import DeliveredFile
from components.evaluate.settings import EvaluateSettings
from components.evaluate.thumbnail import thumbnail
from components.evaluate.viewer.build import ViewerPage, build_viewer
from components.evaluate.write_curves import write_curves
from components.shared import run_layout
from components.shared.contracts.evaluation import EVALUATION_FILE
from components.shared.contracts.forecast import Forecast
from components.shared.contracts.inspection import InspectionFigures
from components.shared.contracts.record import StageRecord
from components.shared.contracts.report import CompressFigures, ReportParts
from components.shared.contracts.training import TRAINING_FILE, TrainingInfo
from components.shared.errors import QualityGateError
from components.shared.files import atomic_path
from components.shared.ply.read_ply import read_ply
from components.shared.progress import OnProgress, Progress, ignore_progress, within
from components.shared.scene import Scene, read_scene
from components.shared.scene_files.exports import export_name
from components.shared.sog.read_sog import read_sog
from components.shared.splats import Splats

BACKGROUND = (0.0, 0.0, 0.0)
"""sRGB; training composites over black."""

_BESIDE_REPORT = (run_layout.VIEWER, run_layout.FLYTHROUGH, run_layout.THUMBNAIL, EVALUATION_FILE)
"""Files that evaluation writes to the folder of the report."""
_PUBLISHED = (
    run_layout.VIEWER,
    run_layout.SCENE_SOG,
    run_layout.SCENE_PLY,
    run_layout.COLMAP_MODEL,
    run_layout.FLYTHROUGH,
    run_layout.REPORT_JSON,
)
"""Files beside the report at the output of a run that succeeded."""

_TOUR_SECONDS, _TOUR_KEYFRAMES = 40.0, 96


@dataclass(frozen=True, kw_only=True, slots=True)
class _Inputs:
    scene: Scene
    training: TrainingInfo
    trained: Splats
    splat: Path
    delivered: Splats
    ply_bytes: int
    sog: Path


def evaluate(
    scene: Path,
    splat: Path,
    sog: Path,
    folder: Path,
    settings: EvaluateSettings,
    on_progress: OnProgress = ignore_progress,
    *,
    stages: Sequence[StageRecord] = (),
    forecast: Forecast | None = None,
    published: bool = False,
) -> Measurement:
    """Write report, viewer, thumbnail, fly-through and `evaluation.json` into `folder`.

    `scene` and `splat` are the unpacked archives of stages `sfm` and `train`, `sog` is the delivered file.
    `stages` are the records of the run's earlier stages, whose times the report shows beside those of
    `forecast`. The report links to the files beside it; `published`: to those at a run's output, which is
    without them if a gate is not met.

    Raises:
        QualityGateError: a gate is not met; everything is written all the same.
        InputError: `scene`, `splat` and `sog` do not belong together.
    """
    on_progress(Progress("decode the delivered file", 0.0))
    inputs = _read(scene, splat, sog)
    measurement = _measure(inputs, settings, within(on_progress, 0.05, 0.3))
    measurement.info().write(folder / EVALUATION_FILE)
    failure = _unmet_gate(measurement, settings)
    poster = _present(inputs, folder, settings, within(on_progress, 0.3, 0.92))
    if settings.tensorboard:
        write_curves(inputs.training.history, folder / run_layout.TRAINING_CURVES)
    on_progress(Progress("write the report", 0.92))
    compressed = _compress_figures(stages)
    findings = Findings(
        title=settings.heading,
        scene=inputs.scene,
        training=inputs.training,
        splat=inputs.splat,
        measurement=measurement,
        delivered=_delivered_file(inputs),
        stages=stages,
        forecast=forecast,
        inspection=_inspection(stages),
        files=_linked_files(published, failure, compressed.exports or (), settings),
        missing=compressed.exports_left_out or {},
        thumbnail=poster,
        video=folder / run_layout.FLYTHROUGH,
        failure=failure,
    )
    build_report(findings, folder / run_layout.REPORT_PAGE)
    if failure:
        raise failure
    return measurement


def _read(scene: Path, splat: Path, sog: Path) -> _Inputs:
    ply = splat / run_layout.SPLAT_PLY
    return _Inputs(
        scene=read_scene(scene),
        training=TrainingInfo.read(splat / TRAINING_FILE),
        trained=read_ply(ply),
        splat=splat,
        delivered=read_sog(sog),
        ply_bytes=ply.stat().st_size,
        sog=sog,
    )


def _measure(inputs: _Inputs, settings: EvaluateSettings, on_progress: OnProgress) -> Measurement:
    lpips = load_lpips(settings.lpips_weights) if settings.lpips_weights else None
    names, max_side_px = inputs.training.held_out, inputs.training.image_max_side_px
    return measure(inputs.scene, names, inputs.delivered, inputs.trained, max_side_px, lpips, on_progress)


def _unmet_gate(measurement: Measurement, settings: EvaluateSettings) -> QualityGateError | None:
    try:
        check_gates(measurement, max_psnr_drop_db=settings.max_psnr_drop_db, min_psnr_db=settings.min_psnr_db)
    except QualityGateError as failure:
        failure.figures = measurement.figures().to_json()
        return failure
    return None


def _present(inputs: _Inputs, folder: Path, settings: EvaluateSettings, on_progress: OnProgress) -> bytes:
    """Write thumbnail, fly-through and viewer; the thumbnail as WebP, which report and viewer contain too."""
    initial = _initial_view(inputs.scene)
    poster = thumbnail(inputs.delivered, initial, settings.thumbnail_px, BACKGROUND)
    with atomic_path(folder / run_layout.THUMBNAIL) as temporary:
        temporary.write_bytes(poster)
    write_flythrough(
        inputs.delivered,
        camera_path(inputs.scene, settings.flythrough_frames),
        folder / run_layout.FLYTHROUGH,
        max_side_px=settings.flythrough_px,
        fps=settings.flythrough_fps,
        background=BACKGROUND,
        on_progress=on_progress,
    )
    page = ViewerPage(
        title=settings.heading,
        initial=initial,
        tour=[initial, *camera_path(inputs.scene, _TOUR_KEYFRAMES).loop_from(initial)[1:]],
        tour_seconds=_TOUR_SECONDS,
        background=BACKGROUND,
        poster=poster,
        antialiased=inputs.delivered.antialiased,
    )
    build_viewer(inputs.sog, folder / run_layout.VIEWER, page)
    return poster


def _initial_view(scene: Scene) -> LookAt:
    """The view of the photo that observes the most points; of a fisheye's photo its front view."""
    points = {image.shown_name: image.points or 0 for image in scene.info.images}
    camera = max(scene.views, key=lambda view: points.get(view.name, 0)).camera
    return look_at(camera, subject_depth(scene, camera))


def _linked_files(
    published: bool, failure: QualityGateError | None, exports: Iterable[str], settings: EvaluateSettings
) -> Sequence[str]:
    """`exports` are names of further formats that the run delivers."""
    curves = (run_layout.TRAINING_CURVES,) if settings.tensorboard else ()
    if not published:
        return (*_BESIDE_REPORT, *curves)
    return () if failure else (*_PUBLISHED, *map(export_name, exports), *curves)


def _compress_figures(stages: Sequence[StageRecord]) -> CompressFigures:
    """What compression recorded; without figures if its result came from the cache."""
    records = (record.figures for record in stages if record.stage == "compress")
    return CompressFigures.model_validate(next(records, {}))


def _inspection(stages: Sequence[StageRecord]) -> InspectionFigures:
    """What an inspection before the run recorded; without figures if there was none."""
    records = (record.figures for record in stages if record.stage == "inspect")
    return ReportParts.model_validate(next(records, {})).inspection


def _delivered_file(inputs: _Inputs) -> DeliveredFile:
    return DeliveredFile(
        gaussians=len(inputs.delivered),
        sog_bytes=inputs.sog.stat().st_size,
        ply_bytes=inputs.ply_bytes,
        steps=inputs.training.steps,
        training_seconds=inputs.training.seconds,
        device=inputs.training.device,
        gpu_usage=inputs.training.gpu_usage,
        color_corrected_psnr_db=inputs.training.psnr_color_corrected_db,
    )
