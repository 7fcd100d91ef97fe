"""Reads the figures of all stages from the artifacts of a run.

A stage whose result is in Kubeflow's cache does not run and leaves no record: its figures exist in its
artifact alone.
"""

from __future__ import annotations

import json
import tarfile
from pathlib import Path
from typing import Any

from components.publish.publish import Results
from components.sfm.report_figures import report_figures as sfm_figures
from components.shared.contracts.report import CompressFigures, ReportParts
from components.shared.contracts.training import TRAINING_FILE, TrainingInfo
from components.shared.run_layout import SPLAT_PLY
from components.shared.scene import SCENE_FILE
from components.shared.sog.archive import META, open_files


def recover_parts(results: Results) -> ReportParts:
    """The parts of the report; figures that no artifact contains are None."""
    scene = _read_json(results.scene, SCENE_FILE)
    return ReportParts.model_validate(
        {
            "capture": scene["capture"],
            "sfm": sfm_figures(scene),
            "train": TrainingInfo.model_validate(_read_json(results.splat, TRAINING_FILE)).figures(),
            "compress": _compress_figures(results),
            "delivered": _read_json(results.presentation, "evaluation.json")["delivered"],
        }
    )


def _compress_figures(results: Results) -> CompressFigures:
    """Without `order` and `seconds`, which the file does not contain."""
    with tarfile.open(results.splat) as tar:
        ply_bytes = tar.getmember(SPLAT_PLY).size
    with open_files(results.sog) as files:
        gaussians = json.loads(files.read(META))["count"]
    size = results.sog.stat().st_size
    return CompressFigures(
        bytes=size,
        ply_bytes=ply_bytes,
        ratio=ply_bytes / size,
        bytes_per_gaussian=size / gaussians,
    )


def _read_json(archive: Path, name: str) -> dict[str, Any]:
    """A JSON file in an archive that a stage wrote."""
    with tarfile.open(archive) as tar:
        file = tar.extractfile(name)
        assert file is not None, "the archives of stages contain this as a file"
        content: dict[str, Any] = json.load(file)
        return content
