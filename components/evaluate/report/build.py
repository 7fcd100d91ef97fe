"""Builds `report.html`: one self-contained page, also for a frame of the Kubeflow UI and for phones."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from components.evaluate.encode_images import data_uri
from components.evaluate.look_at import quarter_turns
from components.evaluate.measure import MeasuredView, Measurement
from components.evaluate.report.cleaned_view import cleaned_view
from components.evaluate.report.cost_table import cost_table
from components.evaluate.report.format_values import processor, size, thousands
from components.evaluate.report.headline import DeliveredFile, headline
from components.evaluate.report.images import (
    ERROR_FULL_SCALE,
    heat_gradient,
    heat_map,
    image_uri,
)
from components.evaluate.report.line_chart import line_chart
from components.evaluate.report.photo_table import photo_rows
from components.evaluate.report.scene_map import maps
from components.shared.contracts.forecast import Forecast
from components.shared.contracts.inspection import InspectionFigures
from components.shared.contracts.record import StageRecord
from components.shared.contracts.scene import LengthUnit
from components.shared.contracts.training import HistoryEntry, TrainingInfo
from components.shared.errors import QualityGateError
from components.shared.files import write_text
from components.shared.progress import duration
from components.shared.scene import Scene

_HERE = Path(__file__).parent
_MAX_VIEWS_SHOWN = 8
_MAX_VIDEO_BYTES = 2_000_000


@dataclass(frozen=True, kw_only=True, slots=True)
class Findings:
    """The content of the page."""

    title: str
    scene: Scene
    training: TrainingInfo
    splat: Path
    """The folder of stage train, with the pictures of its clean-up."""
    measurement: Measurement
    delivered: DeliveredFile
    stages: Sequence[StageRecord]
    """Records of the earlier stages."""
    forecast: Forecast | None
    """What the run was expected to take; None for an evaluation alone."""
    inspection: InspectionFigures
    """What an inspection before the run expected."""
    files: Sequence[str]
    """Names of the files beside the page, which it links to."""
    missing: Mapping[str, str]
    """Why a format that was asked for is not there, by its name."""
    thumbnail: bytes
    """WebP."""
    video: Path
    failure: QualityGateError | None


@dataclass(frozen=True, kw_only=True, slots=True)
class _ShownView:
    """One held-out view; images are data URIs, upright."""

    name: str
    psnr_db: float
    ssim: float
    lpips: float | None
    photo: str
    render: str
    error: str
    is_masked: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class _Chart:
    name: str
    last: str
    """The last value."""
    curve: Markup


def build_report(findings: Findings, html: Path) -> None:
    """Write the page to `html`."""
    environment = Environment(
        loader=FileSystemLoader(_HERE),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters.update(duration=duration, size=size, thousands=thousands, processor=processor)
    held_out = [each.view.name for each in findings.measurement.views]
    above, side = maps(findings.scene, held_out)
    page = environment.get_template("page.html.j2").render(
        findings=findings,
        style=Markup((_HERE / "style.css").read_text(encoding="utf-8")),
        thumbnail=data_uri(findings.thumbnail),
        video=_video_uri(findings.video),
        figures=headline(findings.scene, findings.measurement, findings.delivered),
        views=[_shown_view(each) for each in _selection(findings.measurement.views)],
        error_scale={"gradient": Markup(heat_gradient()), "full": f"{ERROR_FULL_SCALE:.0%}"},
        charts=_charts(findings.training.history),
        georeference=_georeference(findings.scene),
        clean_up=_clean_up(findings.training),
        cleaned=cleaned_view(findings.splat, findings.training, findings.scene),
        above=above,
        side=side,
        notes=findings.scene.info.capture.sentences(),
        inspection=findings.inspection.sentences(),
        photos=photo_rows(findings.scene, held_out),
        costs=cost_table(findings.stages, findings.forecast),
    )
    write_text(html, page)


def _georeference(scene: Scene) -> str:
    """What a unit of the scene is and where the scene is, in sentences; empty where nothing says it."""
    world = scene.info.world
    sentences = [world.georeference.sentence() or world.unit_note]
    if world.unit == LengthUnit.SCENE_UNIT:
        sentences.insert(0, "the unit of the scene is unknown")
    return " ".join(f"{words[0].upper()}{words[1:]}." for words in sentences if words)


def _clean_up(training: TrainingInfo) -> str:
    """What the clean-up did, in a sentence; empty where it found nothing or was off."""
    words = training.clean_up.sentence() if training.clean_up else ""
    return f"Clean-up: {words}." if words else ""


def _video_uri(path: Path) -> str | None:
    """The fly-through as a data URI; None if it is larger than `_MAX_VIDEO_BYTES`."""
    return data_uri(path.read_bytes(), "video/mp4") if path.stat().st_size <= _MAX_VIDEO_BYTES else None


def _selection(views: list[MeasuredView]) -> list[MeasuredView]:
    """Views from the best to the worst; of many, `_MAX_VIEWS_SHOWN` at even distances, both ends included."""
    ranked = sorted(views, key=lambda view: -view.psnr_db)
    if len(ranked) <= _MAX_VIEWS_SHOWN:
        return ranked
    last = len(ranked) - 1
    return [ranked[round(rank * last / (_MAX_VIEWS_SHOWN - 1))] for rank in range(_MAX_VIEWS_SHOWN)]


def _shown_view(each: MeasuredView) -> _ShownView:
    turns = quarter_turns(each.view.camera)
    return _ShownView(
        name=each.view.name,
        psnr_db=each.psnr_db,
        ssim=each.ssim,
        lpips=each.lpips,
        photo=image_uri(each.panels.photo, turns),
        render=image_uri(each.panels.render, turns),
        error=image_uri(heat_map(each.panels.error), turns),
        is_masked=bool(np.isnan(each.panels.error).any()),
    )


def _charts(history: list[HistoryEntry]) -> list[_Chart]:
    """Curves over the training steps; a quantity without values has no chart."""
    psnr = [(entry.step, entry.psnr_db) for entry in history if entry.psnr_db is not None]
    quantities = (
        ("Loss", [(entry.step, entry.loss) for entry in history], True, "{:.4f}"),
        ("Held-out PSNR, dB", psnr, False, "{:.1f}"),
        ("Gaussians", [(entry.step, entry.gaussians) for entry in history], True, "{:.0f}"),
    )
    charts = []
    for name, entries, from_zero, form in quantities:
        if entries:
            steps, values = zip(*entries, strict=True)
            last = form.format(values[-1])
            label = f"{name} over the training steps, ending at {last}"
            curve = line_chart(steps, values, label=label, from_zero=from_zero)
            charts.append(_Chart(name=name, last=last, curve=curve))
    return charts
