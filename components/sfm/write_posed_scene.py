"""The scene of a capture that came with poses: no features, no gates, and only points that came along."""

from __future__ import annotations

import os
import shutil
import time
from pathlib import Path

import numpy as np
import pycolmap

from components.sfm.capture import Capture, CapturePhoto
from components.sfm.scene_images.undistort import undistort
from components.sfm.world.orient import orient_given
from components.shared.contracts.capture import POINTS_FILE, GivenPose, Lens
from components.shared.contracts.scene import (
    SCENE_FILE,
    Attempt,
    FeatureEffort,
    Mapper,
    Matching,
    PhotoVerdict,
    PoseSource,
    SceneImage,
    SceneInfo,
    World,
)
from components.shared.point_cloud import read_point_cloud
from components.shared.progress import OnProgress
from components.shared.scene import IMAGES_FOLDER, MASKS_FOLDER, SPARSE_FOLDER, fitted_size

MOST_POINTS = 500_000
"""Of more points that came with the poses, a random sample is used: training begins with fewer Gaussians."""
_COLMAP_FROM_OPENGL = np.diag([1.0, -1.0, -1.0, 1.0])
_REASON = "its pose came with the capture"


def write_posed_scene(
    capture: Capture,
    photos_folder: Path,
    masks_folder: Path | None,
    scene: Path,
    max_image_px: int,
    on_progress: OnProgress,
) -> None:
    """Write `sparse/`, `images/`, `masks/` and `scene.json` into `scene`.

    `photos_folder` is that of `shrink_photos`, `masks_folder` that of `shrink_masks`; files may be moved from
    there. If any lens has distortion, all photos are undistorted.

    Raises:
        ReconstructionError: all photos were taken from one spot.
    """
    started = time.monotonic()
    model = _model(capture.photos, max_image_px)
    _add_points(model, capture.root / POINTS_FILE)
    world = orient_given(model, capture.photos)
    points = model.num_points3D()
    if any(_pose(photo).lens != Lens.PINHOLE for photo in capture.photos):
        undistort(model, capture, masks_folder, scene, on_progress)
    else:
        _write_pinhole(model, capture, photos_folder, masks_folder, scene)
    _info(capture, world, points, time.monotonic() - started).write(scene / SCENE_FILE)


def _write_pinhole(
    model: pycolmap.Reconstruction,
    capture: Capture,
    photos_folder: Path,
    masks_folder: Path | None,
    scene: Path,
) -> None:
    (scene / SPARSE_FOLDER).mkdir()
    model.write_binary(str(scene / SPARSE_FOLDER))
    for photo in capture.photos:
        _move(photos_folder / photo.colmap_name, scene / IMAGES_FOLDER / photo.name)
        if masks_folder is not None and photo.is_masked:
            _move(masks_folder / f"{photo.colmap_name}.png", scene / MASKS_FOLDER / f"{photo.name}.png")


def _model(photos: list[CapturePhoto], max_image_px: int) -> pycolmap.Reconstruction:
    """Poses under the photos' ids, one camera for equal sizes and intrinsics, and no points."""
    model = pycolmap.Reconstruction()
    cameras: dict[tuple[object, ...], int] = {}
    for photo in photos:
        pose = _pose(photo)
        size = fitted_size(photo.width, photo.height, max_image_px)
        factors = np.array(size) / (photo.width, photo.height)
        parameters = [*(pose.focal * factors), *(pose.center * factors), *pose.distortion]
        camera_id = cameras.setdefault((pose.lens, *size, *parameters), len(cameras) + 1)
        if not model.exists_camera(camera_id):
            camera = pycolmap.Camera(
                model=str(pose.lens), width=size[0], height=size[1], params=parameters, camera_id=camera_id
            )
            model.add_camera_with_trivial_rig(camera)
        image = pycolmap.Image(name=photo.name, camera_id=camera_id, image_id=photo.id)
        model.add_image_with_trivial_frame(image, pycolmap.Rigid3d(_cam_from_world(pose)[:3]))
    return model


def _add_points(model: pycolmap.Reconstruction, path: Path) -> None:
    """Add the points that came with the capture; no photo is said to observe them."""
    if path.exists():
        points = read_point_cloud(path, most=MOST_POINTS)
        for position, color in zip(points.positions, points.colors, strict=True):
            model.add_point3D(position, pycolmap.Track(), color)


def _cam_from_world(pose: GivenPose) -> np.ndarray:
    """[4, 4], with COLMAP's camera axes."""
    return np.asarray(_COLMAP_FROM_OPENGL @ np.linalg.inv(np.array(pose.world_from_camera)))


def _pose(photo: CapturePhoto) -> GivenPose:
    assert photo.pose is not None, "all photos of a posed capture have a pose"
    return photo.pose


def _move(source: Path, target: Path) -> None:
    """Move a file, or copy it if `source` is a link into the capture."""
    target.parent.mkdir(parents=True, exist_ok=True)
    if source.is_symlink():
        shutil.copyfile(source, target)
    else:
        os.replace(source, target)


def _info(capture: Capture, world: World, points: int, seconds: float) -> SceneInfo:
    count = len(capture.photos)
    attempt = Attempt(
        matching=Matching.NONE,
        mapper=Mapper.NONE,
        features=FeatureEffort.NONE,
        registered=count,
        points=points,
        reprojection_error_px=None,
        seconds=seconds,
    )
    images = [
        SceneImage(name=photo.name, verdict=PhotoVerdict.REGISTERED, reason=_REASON, registered=True)
        for photo in capture.photos
    ]
    return SceneInfo(
        world=world,
        poses=PoseSource.GIVEN,
        held_out=tuple(photo.name for photo in capture.photos if _pose(photo).held_out),
        registered=count,
        registered_fraction=1.0,
        points=points,
        reprojection_error_px=None,
        images=images,
        attempts=[attempt],
        capture=capture.summary,
    )
