"""The whole of structure from motion on an unpacked capture; runs inside the worker process."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pycolmap

from components.sfm.attempts import Attempt, climb
from components.sfm.capture import Capture, read_capture
from components.sfm.extract_features import extract_features
from components.sfm.gates import check_gates
from components.sfm.orient import World, orient
from components.sfm.report_figures import report_figures
from components.sfm.settings import SfmSettings
from components.sfm.undistort import undistort
from components.sfm.verdicts import image_verdicts
from components.shared.errors import ReconstructionError
from components.shared.files import write_json
from components.shared.progress import OnProgress, Progress
from components.shared.scene import IMAGES_FOLDER, SCENE_FILE, SPARSE_FOLDER, UP

_EXTRACTED, _MAPPED = 0.4, 0.95


def build_scene(
    capture_folder: Path, scene: Path, scratch: Path, settings: SfmSettings, on_progress: OnProgress
) -> dict[str, Any]:
    """Write `sparse/`, `images/` and `scene.json` into `scene`; return the content of `scene.json`.

    Raises:
        ReconstructionError: a gate is not met.
    """
    pycolmap.set_random_seed(settings.seed)
    capture = read_capture(capture_folder)
    database = scratch / "database.db"

    def on_extract(fraction: float) -> None:
        on_progress(Progress("find features", fraction * _EXTRACTED))

    extract_features(database, capture, settings, on_extract)
    phases = _PhaseProgress(on_progress)
    model, attempts = climb(database, capture, settings, phases)
    verdicts = image_verdicts(database, capture.names, model)
    outcome = _outcome(model, verdicts, attempts)
    try:
        check_gates(verdicts, outcome["points"], settings)
    except ReconstructionError as error:
        error.figures = report_figures(outcome)
        raise
    assert model is not None, "the gates let no empty model pass"
    on_progress(Progress("straighten photos", _MAPPED))
    world = orient(model, {image["name"]: image for image in capture.images})
    _write(model, capture, scene, scratch, settings)
    info = _info(outcome, world, capture)
    write_json(scene / SCENE_FILE, info)
    return info


class _PhaseProgress:
    """Matching takes the first part of the way from features to poses, mapping the rest; never back."""

    def __init__(self, on_progress: OnProgress) -> None:
        self._on_progress = on_progress
        self._reached = _EXTRACTED

    def __call__(self, phase: str, fraction: float) -> None:
        middle = _EXTRACTED + 0.6 * (_MAPPED - _EXTRACTED)
        start, end = (_EXTRACTED, middle) if phase.startswith("match") else (middle, _MAPPED)
        self._reached = max(self._reached, start + fraction * (end - start))
        self._on_progress(Progress(phase, self._reached))


def _write(
    model: pycolmap.Reconstruction, capture: Capture, scene: Path, scratch: Path, settings: SfmSettings
) -> None:
    distorted, straight = scratch / "model", scratch / "undistorted"
    distorted.mkdir()
    model.write_binary(str(distorted))
    undistort(distorted, capture.image_folder, straight, settings.max_image_px)
    for name in (SPARSE_FOLDER, IMAGES_FOLDER):
        os.replace(straight / name, scene / name)


def _outcome(
    model: pycolmap.Reconstruction | None, verdicts: list[dict[str, Any]], attempts: list[Attempt]
) -> dict[str, Any]:
    """What came of it, whether it is enough or not."""
    registered = model.num_reg_images() if model else 0
    return {
        "registered": registered,
        "registered_fraction": registered / len(verdicts),
        "points": model.num_points3D() if model else 0,
        "reprojection_error_px": model.compute_mean_reprojection_error() if model else None,
        "images": verdicts,
        "attempts": [attempt.to_json() for attempt in attempts],
    }


def _info(outcome: dict[str, Any], world: World, capture: Capture) -> dict[str, Any]:
    return {
        "schema": 1,
        "world": {
            "up": UP.tolist(),
            "unit": world.unit,
            "unit_note": world.note,
            "scene_from_reconstruction": world.scene_from_reconstruction.tolist(),
        },
        **outcome,
        "capture": _capture_summary(capture),
    }


def _capture_summary(capture: Capture) -> dict[str, Any]:
    rejected = [
        {key: image[key] for key in ("name", "verdict", "reason")}
        for image in capture.info["images"]
        if image["verdict"] != "accepted"
    ]
    return {
        "images": len(capture.info["images"]),
        "accepted": len(capture.images),
        "rejected": rejected,
        "ordered": capture.ordered,
    }
