"""Build `report.html`: one page, readable in a frame of Kubeflow's interface and on a phone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from components.evaluate.look_at import quarter_turns
from components.evaluate.measure import MeasuredView, Measurement
from components.evaluate.report.headline import Delivered, headline
from components.evaluate.report.line_chart import line_chart
from components.evaluate.report.photo_table import photo_rows
from components.evaluate.report.pictures import (
    ERROR_FULL_SCALE,
    data_uri,
    heat,
    heat_gradient,
    picture_uri,
)
from components.evaluate.report.scene_map import maps
from components.evaluate.report.words import processor, size, thousands
from components.shared.contracts.record import StageRecord
from components.shared.errors import QualityGateError
from components.shared.files import atomic_path
from components.shared.progress import duration
from components.shared.scene import Scene

_HERE = Path(__file__).parent
_MAX_VIEWS_SHOWN = 8
_MAX_VIDEO_BYTES = 2_000_000


@dataclass(frozen=True, kw_only=True, slots=True)
class Findings:
    """Everything the page tells.

    `training` is `training.json`; `stages` are the records of the stages before this one, as they stored
    them; `files` are the names of what lies beside the page.
    """

    title: str
    scene: Scene
    training: dict[str, Any]
    measurement: Measurement
    delivered: Delivered
    stages: Sequence[StageRecord]
    files: Sequence[str]
    thumbnail: bytes
    video: Path
    failure: QualityGateError | None


def build_report(findings: Findings, html: Path) -> None:
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
        video=_video(findings.video),
        figures=headline(findings.scene, findings.measurement, findings.delivered),
        views=[_panels(each) for each in _shown(findings.measurement.views)],
        error_scale={"gradient": Markup(heat_gradient()), "full": f"{ERROR_FULL_SCALE:.0%}"},
        charts=_charts(findings.training["history"]),
        above=above,
        side=side,
        photos=photo_rows(findings.scene, held_out),
        stages=[stage for stage in findings.stages if stage.seconds > 0],
    )
    with atomic_path(html) as temporary:
        temporary.write_text(page, encoding="utf-8")


def _video(path: Path) -> str | None:
    """The fly-through inside of the page, unless it is too large for one."""
    return data_uri(path.read_bytes(), "video/mp4") if path.stat().st_size <= _MAX_VIDEO_BYTES else None


def _shown(views: list[MeasuredView]) -> list[MeasuredView]:
    """Best to worst; of many, some spread evenly, with both ends."""
    ranked = sorted(views, key=lambda view: -view.psnr_db)
    if len(ranked) <= _MAX_VIEWS_SHOWN:
        return ranked
    last = len(ranked) - 1
    return [ranked[round(place * last / (_MAX_VIEWS_SHOWN - 1))] for place in range(_MAX_VIEWS_SHOWN)]


def _panels(each: MeasuredView) -> dict[str, Any]:
    turns = quarter_turns(each.view.camera)
    return {
        "name": each.view.name,
        "psnr_db": each.psnr_db,
        "ssim": each.ssim,
        "lpips": each.lpips,
        "photo": picture_uri(each.panels.photo, turns),
        "shown": picture_uri(each.panels.shown, turns),
        "error": picture_uri(heat(each.panels.error), turns),
        "is_masked": bool(np.isnan(each.panels.error).any()),
    }


def _charts(history: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Curves over the training steps; a quantity without values has none."""
    wanted = (
        ("Loss", "loss", True, "{:.4f}"),
        ("Held-out PSNR, dB", "psnr_db", False, "{:.1f}"),
        ("Gaussians", "gaussians", True, "{:.0f}"),
    )
    charts = []
    for name, key, from_zero, form in wanted:
        entries = [(entry["step"], entry[key]) for entry in history if entry[key] is not None]
        if entries:
            steps, values = zip(*entries, strict=True)
            label = f"{name} over the training steps, ending at {form.format(values[-1])}"
            curve = line_chart(steps, values, label=label, from_zero=from_zero)
            charts.append({"name": name, "last": form.format(values[-1]), "curve": curve})
    return charts
