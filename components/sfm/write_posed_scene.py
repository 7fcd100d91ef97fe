"""A scene from poses that came with the capture: nothing is searched, there are no points and no gates."""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import Any

import numpy as np
import pycolmap
from PIL import Image

from components.sfm.attempts import Attempt
from components.sfm.capture import Capture, GivenPose, Photo
from components.sfm.orient import orient_given
from components.sfm.verdicts import REGISTERED
from components.shared.files import write_json
from components.shared.scene import IMAGES_FOLDER, SCENE_FILE, SPARSE_FOLDER, fitted_size

_COLMAP_FROM_OPENGL = np.diag([1.0, -1.0, -1.0, 1.0])
_REASON = "its pose came with the capture"


def write_posed_scene(capture: Capture, photos_folder: Path, scene: Path, max_image_px: int) -> None:
    """Write `sparse/`, `images/` and `scene.json` into `scene`, from photos that are straight already."""
    started = time.monotonic()
    model = _model(capture.photos, max_image_px)
    world = orient_given(model, capture.photos)
    (scene / SPARSE_FOLDER).mkdir()
    model.write_binary(str(scene / SPARSE_FOLDER))
    _take_photos(capture.photos, photos_folder, scene / IMAGES_FOLDER)
    seconds = time.monotonic() - started
    is_transparent = any(_is_transparent(scene / IMAGES_FOLDER / photo.name) for photo in capture.photos)
    info = {
        "schema": 1,
        "world": world.to_json(),
        **_outcome(capture, seconds),
        "background": "transparent" if is_transparent else None,
        "capture": capture.summary(),
    }
    write_json(scene / SCENE_FILE, info)


def _model(photos: list[Photo], max_image_px: int) -> pycolmap.Reconstruction:
    """Poses under the photos' ids, one camera for each lens, and no points."""
    model = pycolmap.Reconstruction()
    cameras: dict[tuple[float, ...], int] = {}
    for photo in photos:
        width, height = fitted_size(photo.width, photo.height, max_image_px)
        pose = _pose(photo)
        shrinking = np.array([width / photo.width, height / photo.height])
        lens = np.concatenate([pose.focal * shrinking, pose.center * shrinking])
        key = (width, height, *lens)
        if key not in cameras:
            cameras[key] = len(cameras) + 1
            model.add_camera_with_trivial_rig(
                pycolmap.Camera(
                    model="PINHOLE", width=width, height=height, params=lens.tolist(), camera_id=cameras[key]
                )
            )
        image = pycolmap.Image(name=photo.name, camera_id=cameras[key], image_id=photo.id)
        model.add_image_with_trivial_frame(image, pycolmap.Rigid3d(_cam_from_world(pose)[:3]))
    return model


def _cam_from_world(pose: GivenPose) -> np.ndarray:
    """[4, 4], with COLMAP's camera axes."""
    return np.asarray(_COLMAP_FROM_OPENGL @ np.linalg.inv(pose.world_from_camera))


def _pose(photo: Photo) -> GivenPose:
    assert photo.pose is not None, "all photos of a posed capture have a pose"
    return photo.pose


def _take_photos(photos: list[Photo], photos_folder: Path, images: Path) -> None:
    """From `shrink_photos`, under their own names again."""
    for photo in photos:
        target = images / photo.name
        target.parent.mkdir(parents=True, exist_ok=True)
        os.replace((photos_folder / photo.plain_name).resolve(), target)


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


def _is_transparent(path: Path) -> bool:
    """By the header alone."""
    with Image.open(path) as image:
        return image.has_transparency_data
