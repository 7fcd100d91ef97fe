"""Parts of the report from the artifacts of a run, for stages that left no record in it.

A stage whose result comes from Kubeflow's cache does not run, and what it found stands in its artifact alone.
"""

from __future__ import annotations

import json
import tarfile
from pathlib import Path
from typing import Any

from components.publish.publish import Results
from components.sfm.report_figures import report_figures as sfm_figures
from components.shared.run_layout import SPLAT_PLY
from components.shared.scene import SCENE_FILE
from components.shared.sog.archive import META, open_files
from components.train.report_figures import report_figures as train_figures

Part = dict[str, Any]

_CAPTURE = ("images", "accepted", "rejected")


def recover_parts(results: Results) -> dict[str, Part]:
    """The parts `capture`, `sfm`, `train`, `compress` and `delivered`; what no artifact has is left out."""
    scene = _read_json(results.scene, SCENE_FILE)
    return {
        "capture": {name: scene["capture"][name] for name in _CAPTURE},
        "sfm": sfm_figures(scene),
        "train": train_figures(_read_json(results.splat, "training.json")),
        "compress": _compress_figures(results),
        "delivered": _read_json(results.presentation, "evaluation.json")["delivered"],
    }


def _compress_figures(results: Results) -> Part:
    """Without the order of Gaussians and the time: they are not in the file."""
    with tarfile.open(results.splat) as tar:
        ply_bytes = tar.getmember(SPLAT_PLY).size
    with open_files(results.sog) as files:
        gaussians = json.loads(files.read(META))["count"]
    size = results.sog.stat().st_size
    return {
        "bytes": size,
        "ply_bytes": ply_bytes,
        "ratio": ply_bytes / size,
        "bytes_per_gaussian": size / gaussians,
    }


def _read_json(archive: Path, name: str) -> dict[str, Any]:
    """One of the files in an archive of our own."""
    with tarfile.open(archive) as tar:
        file = tar.extractfile(name)
        assert file is not None, "our archives hold this as a file"
        content: dict[str, Any] = json.load(file)
        return content
