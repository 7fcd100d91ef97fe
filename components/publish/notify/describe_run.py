"""The message about a run, from its report."""

from __future__ import annotations

import hashlib

from components.publish.notify.links import result_links, run_link
from components.publish.notify.message import Message
from components.shared.contracts.report import Report
from components.shared.files import format_json
from components.shared.progress import duration
from components.shared.run_layout import REPORT_JSON, REPORT_PAGE, SCENE_SOG, VIEWER
from components.shared.storage import name_of

_FILES_OF_FAILED = {"report": REPORT_PAGE, "figures": REPORT_JSON}
_FILES = {"viewer": VIEWER, **_FILES_OF_FAILED, "scene": SCENE_SOG}


def describe_run(report: Report, output: str, title: str = "") -> Message:
    """What to say of the run that left `report` at `output`, whose folder names the scene without a title."""
    title = title or name_of(output) or "Scene"
    text = _failed(report, title) if report.failure else _succeeded(report, title)
    return Message(
        id=message_id(output, format_json(report.to_json())),
        event="run.failed" if report.failure else "run.succeeded",
        title=title,
        text=text,
        run=report.run,
        output=output,
        failure=report.failure,
        figures=_figures(report),
        details=[report.earlier_scene_note] if report.earlier_scene_note else [],
        links=result_links(output, _FILES_OF_FAILED if report.failure else _FILES) | run_link(report.run),
    )


def message_id(output: str, content: str) -> str:
    """The same for the same content at the same place."""
    digest = hashlib.sha256(f"{output}\n{content}".encode()).hexdigest()
    return f"msg_{digest[:32]}"


def _succeeded(report: Report, title: str) -> str:
    seconds, psnr_db = report.totals.seconds, report.delivered.psnr_db
    took = f" in {duration(seconds)}" if seconds else ""
    return f"{title} is done{took}" + (f", PSNR {psnr_db:.1f} dB" if psnr_db is not None else "")


def _failed(report: Report, title: str) -> str:
    stage = report.failure.stage if report.failure else ""
    return f"{title} failed" + (f" in {stage}" if stage else "")


def _figures(report: Report) -> dict[str, int | float | None]:
    return {
        "images": report.capture.images,
        "registered": report.sfm.registered,
        "gaussians": report.gaussians,
        "psnr_db": report.delivered.psnr_db,
        "ssim": report.delivered.ssim,
        "psnr_drop_db": report.delivered.psnr_drop_db,
        "bytes": report.compress.bytes,
        "seconds": report.totals.seconds,
        "cost_usd": report.totals.cost_usd,
    }
