"""Reads the figures of all stages from the results of a run.

A stage whose result is in Kubeflow's cache does not run and leaves no record: its figures exist in its result
alone.
"""

from __future__ import annotations

import json
from pathlib import Path

from components.publish.publish import Results
from components.shared.contracts.capture import CaptureFigures
from components.shared.contracts.evaluation import EVALUATION_FILE, EvaluationInfo
from components.shared.contracts.report import CompressFigures, ReportParts
from components.shared.contracts.scene import SCENE_FILE, SceneInfo
from components.shared.contracts.training import TRAINING_FILE, TrainingInfo
from components.shared.run_layout import SPLAT_PLY
from components.shared.scene_files.exports import ALWAYS, EXPORTS, export_name, format_bytes
from components.shared.sog.archive import META
from components.shared.sog.open_files import open_files


def recover_parts(results: Results) -> ReportParts:
    """The parts of the report; figures that no result contains are None."""
    scene = SceneInfo.read(results.scene / SCENE_FILE)
    return ReportParts.model_validate(
        {
            "capture": CaptureFigures(**dict(scene.capture)),
            "sfm": scene.figures(),
            "train": TrainingInfo.read(results.splat / TRAINING_FILE).figures(),
            "compress": _compress_figures(results),
            "delivered": EvaluationInfo.read(results.presentation / EVALUATION_FILE).delivered,
        }
    )


def _compress_figures(results: Results) -> CompressFigures:
    """Without `order`, `seconds`, `left_out`, `limited` and `exports_left_out`, which no file contains."""
    with open_files(results.sog) as files:
        gaussians = json.loads(files.read(META))["count"]
    size, ply_bytes = results.sog.stat().st_size, (results.splat / SPLAT_PLY).stat().st_size
    return CompressFigures(
        bytes=size,
        ply_bytes=ply_bytes,
        ratio=ply_bytes / size,
        bytes_per_gaussian=size / gaussians,
        gaussians=gaussians,
        exports=_export_bytes(results.exports),
    )


def _export_bytes(folder: Path | None) -> dict[str, int] | None:
    """Size of each further format, by its name; None if they are not at hand."""
    if folder is None:
        return None
    names = (name for name in EXPORTS if name not in ALWAYS and (folder / export_name(name)).exists())
    return {name: format_bytes(folder, name) for name in names}
