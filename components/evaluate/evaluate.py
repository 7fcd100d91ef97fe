"""Measure a delivered scene against photos it never saw, and build its report and viewer."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from components.evaluate.camera_path import camera_path, subject_depth
from components.evaluate.flythrough import write_flythrough
from components.evaluate.look_at import LookAt, look_at
from components.evaluate.lpips import load_lpips
from components.evaluate.measure import Measurement, check_gates, measure
from components.evaluate.report.build import Findings, build_report
from components.evaluate.report.headline import Delivered
from components.evaluate.settings import EvaluateSettings
from components.evaluate.thumbnail import thumbnail
from components.evaluate.viewer.build import ViewerPage, build_viewer
from components.shared import run_layout
from components.shared.archive import unpack
from components.shared.contracts.record import StageRecord
from components.shared.errors import QualityGateError
from components.shared.files import atomic_path, read_json, write_json
from components.shared.progress import OnProgress, Progress, ignore_progress
from components.shared.scene import Scene, read_scene
from components.shared.sog.read_sog import read_sog
from components.shared.splats import Splats, read_ply

REPORT, VIEWER = run_layout.REPORT_PAGE, run_layout.VIEWER
THUMBNAIL, FLYTHROUGH = run_layout.THUMBNAIL, run_layout.FLYTHROUGH
EVALUATION = "evaluation.json"

PUBLISHED = (
    VIEWER,
    run_layout.SCENE_SOG,
    run_layout.SCENE_PLY,
    run_layout.COLMAP_MODEL,
    FLYTHROUGH,
    run_layout.REPORT_JSON,
)
"""What lies beside the report at the end of a whole run."""

BACKGROUND = (0.0, 0.0, 0.0)
"""What training composed over: where nothing was learned, there is nothing to see."""

_TOUR_SECONDS, _TOUR_KEYFRAMES = 40.0, 96


@dataclass(frozen=True, slots=True)
class EvaluateResult:
    """What was measured of the delivered file."""

    measurement: Measurement

    def figures(self) -> dict[str, Any]:
        """The `delivered` part of `report.json`."""
        return self.measurement.figures()

    def metrics(self) -> dict[str, float | None]:
        """Flat figures with their unit in the name."""
        measured = self.measurement
        return {
            "delivered_psnr_db": measured.psnr_db,
            "delivered_ssim": measured.ssim,
            "delivered_lpips": measured.lpips,
            "psnr_drop_db": measured.psnr_drop_db,
            "held_out_views": len(measured.views),
        }


def evaluate(
    scene: Path,
    splat: Path,
    sog: Path,
    folder: Path,
    settings: EvaluateSettings,
    on_progress: OnProgress = ignore_progress,
    *,
    stages: Sequence[StageRecord] = (),
    published: bool = False,
) -> EvaluateResult:
    """Write report, viewer, thumbnail, fly-through and `evaluation.json` into `folder`.

    `scene` and `splat` are the archives of their stages, `sog` is the delivered file. The report shows the
    times of `stages`, their stored records. It links to what lies beside it: if it is `published`, the
    results of a whole run, or nothing where the gate stops that run.

    Raises:
        QualityGateError: the delivered file is not good enough; everything is written all the same.
        InputError: the three do not belong together.
    """
    with tempfile.TemporaryDirectory(prefix="kubesplat-evaluate-") as scratch:
        on_progress(Progress("decode the delivered file", 0.0))
        work = _unpack(scene, splat, sog, Path(scratch))
        measurement = _measure(work, settings, _part(on_progress, 0.05, 0.3))
        write_json(folder / EVALUATION, measurement.to_json())
        failure = _gate(measurement, settings)
        poster = _present(work, sog, folder, settings, _part(on_progress, 0.3, 0.92))
        on_progress(Progress("write the report", 0.92))
        findings = Findings(
            title=settings.title,
            scene=work.scene,
            training=work.training,
            measurement=measurement,
            delivered=_delivered(work, sog),
            stages=stages,
            files=_beside(published, failure),
            thumbnail=poster,
            video=folder / FLYTHROUGH,
            failure=failure,
        )
        build_report(findings, folder / REPORT)
    if failure:
        raise failure
    return EvaluateResult(measurement)


@dataclass(frozen=True, slots=True)
class _Work:
    scene: Scene
    training: dict[str, Any]
    trained: Splats
    delivered: Splats
    ply_bytes: int


def _unpack(scene: Path, splat: Path, sog: Path, scratch: Path) -> _Work:
    unpack(scene, scratch / "scene")
    unpack(splat, scratch / "splat")
    ply = scratch / "splat" / run_layout.SPLAT_PLY
    return _Work(
        scene=read_scene(scratch / "scene"),
        training=read_json(scratch / "splat" / "training.json"),
        trained=read_ply(ply),
        delivered=read_sog(sog),
        ply_bytes=ply.stat().st_size,
    )


def _measure(work: _Work, settings: EvaluateSettings, on_progress: OnProgress) -> Measurement:
    lpips = load_lpips(settings.lpips_weights) if settings.lpips_weights else None
    names, max_side_px = work.training["held_out"], work.training["image_max_side_px"]
    return measure(work.scene, names, work.delivered, work.trained, max_side_px, lpips, on_progress)


def _gate(measurement: Measurement, settings: EvaluateSettings) -> QualityGateError | None:
    try:
        check_gates(measurement, max_psnr_drop_db=settings.max_psnr_drop_db, min_psnr_db=settings.min_psnr_db)
    except QualityGateError as failure:
        failure.figures = measurement.figures()
        return failure
    return None


def _present(
    work: _Work, sog: Path, folder: Path, settings: EvaluateSettings, on_progress: OnProgress
) -> bytes:
    """Write thumbnail, fly-through and viewer; the thumbnail's bytes are wanted by both pages."""
    first = _first_look(work.scene)
    poster = thumbnail(work.delivered, first, settings.thumbnail_px, BACKGROUND)
    with atomic_path(folder / THUMBNAIL) as temporary:
        temporary.write_bytes(poster)
    write_flythrough(
        work.delivered,
        camera_path(work.scene, settings.flythrough_frames),
        folder / FLYTHROUGH,
        max_side_px=settings.flythrough_px,
        fps=settings.flythrough_fps,
        background=BACKGROUND,
        on_progress=on_progress,
    )
    page = ViewerPage(
        title=settings.title,
        initial=first,
        tour=[first, *camera_path(work.scene, _TOUR_KEYFRAMES).loop_from(first)[1:]],
        tour_seconds=_TOUR_SECONDS,
        background=BACKGROUND,
        poster=poster,
        antialiased=work.delivered.antialiased,
    )
    build_viewer(sog, folder / VIEWER, page)
    return poster


def _first_look(scene: Scene) -> LookAt:
    """From the photo that sees the most of what was reconstructed."""
    points = {image["name"]: image["points"] or 0 for image in scene.info["images"]}
    camera = max(scene.views, key=lambda view: points.get(view.name, 0)).camera
    return look_at(camera, subject_depth(scene, camera))


def _beside(published: bool, failure: QualityGateError | None) -> Sequence[str]:
    if not published:
        return VIEWER, FLYTHROUGH, THUMBNAIL, EVALUATION
    return () if failure else PUBLISHED


def _delivered(work: _Work, sog: Path) -> Delivered:
    return Delivered(
        gaussians=len(work.delivered),
        sog_bytes=sog.stat().st_size,
        ply_bytes=work.ply_bytes,
        steps=work.training["steps"],
        training_seconds=work.training["seconds"],
        device=work.training["device"],
        exposed_psnr_db=work.training.get("psnr_color_corrected_db"),
    )


def _part(on_progress: OnProgress, start: float, end: float) -> OnProgress:
    """Progress of a part of the stage, as progress of the whole."""
    return lambda step: on_progress(Progress(step.phase, start + step.fraction * (end - start), step.note))
