"""All steps of structure from motion on an unpacked capture; runs inside the worker process."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pycolmap

from components.sfm.assess.gaps import Gap, describe_gaps
from components.sfm.assess.gates import check_gates
from components.sfm.assess.reprojection import errors_px, mean_of
from components.sfm.assess.verdicts import photo_verdicts, read_gaps
from components.sfm.attempts import BestAttempt, run_attempts
from components.sfm.capture import Capture, read_capture
from components.sfm.features.shrink_photos import shrink_photos
from components.sfm.hold_out import held_out_names
from components.sfm.scene_images.masks import shrink_masks
from components.sfm.scene_images.split_fisheyes import split_fisheyes
from components.sfm.scene_images.undistort import undistort
from components.sfm.settings import SfmSettings
from components.sfm.snapshots import Snapshots
from components.sfm.world.orient import orient
from components.sfm.world.position_priors import refine_with_positions
from components.sfm.write_posed_scene import write_posed_scene
from components.shared.contracts.scene import SCENE_FILE, SceneImage, SceneInfo, SfmSummary
from components.shared.errors import ReconstructionError
from components.shared.progress import OnProgress, within

_SHRUNK, _REGISTERED, _UNDISTORTED = 0.5, 0.95, 0.99
"""Progress of the stage after each of these steps; photos are shrunk if poses came with them."""
_LOOK_ALIKE = (
    "Places of this capture look alike, and photos may be put in the wrong one: look at the scene before "
    "you use it. Photos that show something unique beside what repeats would tell the places apart."
)


def build_scene(
    capture_folder: Path,
    scene: Path,
    scratch: Path,
    settings: SfmSettings,
    on_progress: OnProgress,
    snapshots_address: str = "",
) -> None:
    """Write `sparse/`, `images/`, `masks/` if any photo has one, and `scene.json` into `scene`.

    Poses that came with the capture are kept. What an earlier try stored in the folder or s3:// prefix
    `snapshots_address` is used, and deleted at the end.

    Raises:
        ReconstructionError: a gate is not met.
    """
    pycolmap.set_random_seed(settings.seed)
    capture = read_capture(capture_folder)
    masks_folder = shrink_masks(capture, scratch / "masks", settings.max_image_px)
    if capture.has_poses:
        photos_folder = scratch / "photos"
        shrink_photos(capture, photos_folder, settings.max_image_px, within(on_progress, 0.0, _SHRUNK))
        posing = within(on_progress, _SHRUNK, _UNDISTORTED)
        write_posed_scene(capture, photos_folder, masks_folder, scene, settings.max_image_px, posing)
        return
    snapshots = Snapshots(snapshots_address, capture_folder, settings)
    best = run_attempts(capture, scratch, settings, snapshots, within(on_progress, 0.0, _REGISTERED))
    undistorting = within(on_progress, _REGISTERED, _UNDISTORTED)
    _write_scene(best, capture, masks_folder, scene, settings, undistorting)
    snapshots.clear()


def _write_scene(
    best: BestAttempt,
    capture: Capture,
    masks_folder: Path | None,
    scene: Path,
    settings: SfmSettings,
    on_progress: OnProgress,
) -> None:
    """The upright scene of an attempt that passes the gates."""
    refined = refine_with_positions(best.model, capture.photos, seed=settings.seed) if best.model else None
    if refined:
        best = replace(best, model=refined.model)
    gaps = read_gaps(best.database, capture.photos, best.model, ordered=capture.summary.ordered)
    summary = _checked_summary(best, capture, gaps, settings)
    assert best.model is not None, "the gates refuse a reconstruction without points"
    world = orient(best.model, capture.photos, refined.alignment if refined else None)
    registered = set(best.model.reg_image_ids())
    views = split_fisheyes(best.model, capture, masks_folder, scene, on_progress)
    undistort(best.model, capture, masks_folder, scene, on_progress)
    info = SceneInfo(
        **{**dict(summary), "images": [_with_views(image, views) for image in summary.images]},
        world=world,
        held_out=held_out_names(capture.photos, registered, views),
        capture=capture.summary.replace(notes=[*capture.summary.notes, *_notes(best, gaps)]),
    )
    info.write(scene / SCENE_FILE)


def _checked_summary(
    best: BestAttempt, capture: Capture, gaps: dict[int, list[Gap]], settings: SfmSettings
) -> SfmSummary:
    """Raises ReconstructionError, with the summary's figures, if a gate is not met."""
    summary = _summary(best, capture, gaps)
    try:
        check_gates(summary.images, summary.points, settings, shows_depth=best.shows_depth, gaps=gaps)
    except ReconstructionError as error:
        error.figures = summary.figures().to_json()
        raise
    return summary


def _notes(best: BestAttempt, gaps: dict[int, list[Gap]]) -> list[str]:
    return describe_gaps(gaps) if best.is_consistent else [*describe_gaps(gaps), _LOOK_ALIKE]


def _with_views(image: SceneImage, views: dict[str, tuple[str, ...]]) -> SceneImage:
    return image.replace(views=views[image.name]) if image.name in views else image


def _summary(best: BestAttempt, capture: Capture, gaps: dict[int, list[Gap]]) -> SfmSummary:
    model = best.model
    errors = errors_px(model) if model else {}
    images = photo_verdicts(best.database, capture.photos, errors, shows_depth=best.shows_depth, gaps=gaps)
    registered = sum(image.registered for image in images)
    return SfmSummary(
        registered=registered,
        registered_fraction=registered / len(images),
        points=model.num_points3D() if model else 0,
        reprojection_error_px=mean_of(errors),
        images=images,
        attempts=best.attempts,
    )
