"""A scene from poses that came with the capture: nothing is searched, there are no points and no gates."""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import Any

import numpy as np
import pycolmap

from components.sfm.attempts import Attempt
from components.sfm.capture import Capture, GivenPose, Photo
from components.sfm.orient import orient_given
from components.sfm.verdicts import REGISTERED
from components.shared.files import write_json
from components.shared.scene import IMAGES_FOLDER, MASKS_FOLDER, SCENE_FILE, SPARSE_FOLDER, fitted_size

_COLMAP_FROM_OPENGL = np.diag([1.0, -1.0, -1.0, 1.0])
_REASON = "its pose came with the capture"


def write_posed_scene(
    capture: Capture, photos_folder: Path, masks_folder: Path | None, scene: Path, max_image_px: int
) -> None:
    """Write `sparse/`, `images/`, `masks/` and `scene.json` into `scene`; the photos are straight already.

    `photos_folder` is that of `shrink_photos`, `masks_folder` that of `shrink_masks`.

    Raises:
        ReconstructionError: all photos were taken from one spot.
    """
    started = time.monotonic()
    model = _model(capture.photos, max_image_px)
    world = orient_given(model, capture.photos)
    (scene / SPARSE_FOLDER).mkdir()
    model.write_binary(str(scene / SPARSE_FOLDER))
    for photo in capture.photos:
        _move(photos_folder / photo.plain_name, scene / IMAGES_FOLDER / photo.name)
        if masks_folder is not None and photo.is_masked:
            _move(masks_folder / f"{photo.plain_name}.png", scene / MASKS_FOLDER / f"{photo.name}.png")
    outcome = _outcome(capture, time.monotonic() - started)
    info = {"schema": 1, "world": world.to_json(), **outcome, "capture": capture.summary()}
    write_json(scene / SCENE_FILE, info)


def _model(photos: list[Photo], max_image_px: int) -> pycolmap.Reconstruction:
    """Poses under the photos' ids, one camera for each lens, and no points."""
    model = pycolmap.Reconstruction()
    cameras: dict[tuple[float, ...], int] = {}
    for photo in photos:
        size = fitted_size(photo.width, photo.height, max_image_px)
        pose = _pose(photo)
        shrinking = np.array(size) / (photo.width, photo.height)
        lens = np.concatenate([pose.focal * shrinking, pose.center * shrinking])
        camera_id = cameras.setdefault((*size, *lens), len(cameras) + 1)
        if not model.exists_camera(camera_id):
            width, height = size
            model.add_camera_with_trivial_rig(
                pycolmap.Camera(
                    model="PINHOLE", width=width, height=height, params=lens.tolist(), camera_id=camera_id
                )
            )
        image = pycolmap.Image(name=photo.name, camera_id=camera_id, image_id=photo.id)
        model.add_image_with_trivial_frame(image, pycolmap.Rigid3d(_cam_from_world(pose)[:3]))
    return model


def _cam_from_world(pose: GivenPose) -> np.ndarray:
    """[4, 4], with COLMAP's camera axes."""
    return np.asarray(_COLMAP_FROM_OPENGL @ np.linalg.inv(pose.world_from_camera))


def _pose(photo: Photo) -> GivenPose:
    assert photo.pose is not None, "all photos of a posed capture have a pose"
    return photo.pose


def _move(source: Path, target: Path) -> None:
    """Photos that fit as they are were links."""
    target.parent.mkdir(parents=True, exist_ok=True)
    os.replace(source.resolve(), target)


def _outcome(capture: Capture, seconds: float) -> dict[str, Any]:
    count = len(capture.photos)
    attempt = Attempt(
        matching="poses given",
        mapper="none",
        features="none",
        registered=count,
        points=0,
        reprojection_error_px=None,
        seconds=seconds,
    )
    return {
        "poses": "given",
        "held_out": [photo.name for photo in capture.photos if _pose(photo).held_out],
        "registered": count,
        "registered_fraction": 1.0,
        "points": 0,
        "reprojection_error_px": None,
        "images": [_entry(photo) for photo in capture.photos],
        "attempts": [attempt.to_json()],
    }


def _entry(photo: Photo) -> dict[str, Any]:
    return {
        "name": photo.name,
        "verdict": REGISTERED,
        "reason": _REASON,
        "registered": True,
        "points": None,
        "reprojection_error_px": None,
        "features": 0,
        "best_matches": 0,
    }
