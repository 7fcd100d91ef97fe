"""The whole of structure from motion on an unpacked capture; runs inside the worker process."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pycolmap

from components.sfm.attempts import Ascent, climb
from components.sfm.capture import Capture, read_capture
from components.sfm.gates import check_gates
from components.sfm.masks import shrink_masks
from components.sfm.orient import orient
from components.sfm.report_figures import report_figures
from components.sfm.reprojection import mean_error_px
from components.sfm.settings import SfmSettings
from components.sfm.shrink_photos import shrink_photos
from components.sfm.undistort import undistort
from components.sfm.verdicts import photo_verdicts
from components.sfm.write_posed_scene import write_posed_scene
from components.shared.errors import ReconstructionError
from components.shared.files import write_json
from components.shared.progress import OnProgress, Progress
from components.shared.scene import SCENE_FILE

_SHRUNK, _POSED = 0.02, 0.95


def build_scene(
    capture_folder: Path, scene: Path, scratch: Path, settings: SfmSettings, on_progress: OnProgress
) -> None:
    """Write `sparse/`, `images/`, `masks/` where there are some, and `scene.json` into `scene`.

    Poses that came with the capture are kept.

    Raises:
        ReconstructionError: a gate is not met.
    """
    pycolmap.set_random_seed(settings.seed)
    capture = read_capture(capture_folder)
    photos_folder = scratch / "photos"
    total = len(capture.photos)

    def on_shrink(count: int) -> None:
        on_progress(Progress("shrink photos", _SHRUNK * count / total, f"{count} of {total} photos"))

    shrink_photos(capture, photos_folder, settings.max_image_px, on_shrink)
    masks_folder = shrink_masks(capture, scratch / "masks", settings.max_image_px)
    if capture.has_poses:
        write_posed_scene(capture, photos_folder, masks_folder, scene, settings.max_image_px)
        return
    ascent = climb(
        capture, photos_folder, masks_folder, scratch, settings, on_progress, start=_SHRUNK, end=_POSED
    )
    outcome = _outcome(ascent, capture)
    try:
        check_gates(outcome["images"], outcome["points"], settings, shows_depth=ascent.shows_depth)
    except ReconstructionError as error:
        error.figures = report_figures(outcome)
        raise
    assert ascent.model is not None, "the gates let no empty model pass"
    on_progress(Progress("straighten photos", _POSED))
    world = orient(ascent.model, capture.photos)
    undistort(ascent.model, capture, photos_folder, masks_folder, scene, scratch)
    info = {"schema": 1, "world": world.to_json(), **outcome, "capture": capture.summary()}
    write_json(scene / SCENE_FILE, info)


def _outcome(ascent: Ascent, capture: Capture) -> dict[str, Any]:
    """What came of it, whether it is enough or not."""
    model = ascent.model
    photos = photo_verdicts(ascent.database, capture.photos, model, shows_depth=ascent.shows_depth)
    registered = sum(photo["registered"] for photo in photos)
    return {
        "registered": registered,
        "registered_fraction": registered / len(photos),
        "points": model.num_points3D() if model else 0,
        "reprojection_error_px": mean_error_px(model) if model else None,
        "images": photos,
        "attempts": [attempt.to_json() for attempt in ascent.attempts],
    }
