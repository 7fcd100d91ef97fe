"""Replace the photos of fisheyes by flat views, in the model and as files."""

from __future__ import annotations

from collections import defaultdict
from pathlib import Path, PurePosixPath

import numpy as np
import pycolmap

from components.sfm.capture import Capture, CapturePhoto
from components.sfm.features.shrink_photos import photo_threads
from components.sfm.scene_images.fisheye_views import FisheyeView, fisheye_views, view_camera
from components.sfm.scene_images.masks import read_mask, write_mask
from components.sfm.scene_images.resample import UndistortionMap, undistort_photo
from components.shared.parallel import completed
from components.shared.progress import OnProgress, Progress
from components.shared.reading import DAMAGED_PHOTO, reading
from components.shared.scene import IMAGES_FOLDER, MASKS_FOLDER

_USED = 255


def split_fisheyes(
    model: pycolmap.Reconstruction,
    capture: Capture,
    masks_folder: Path | None,
    scene: Path,
    on_progress: OnProgress,
) -> dict[str, tuple[str, ...]]:
    """Write the views of registered fisheye photos to `images/` and `masks/` of `scene`, and to `model`.

    The cameras of `model` are those of the shrunk photos, `masks_folder` is that of `shrink_masks`. `model`
    loses the photos themselves. Returns the names of the views by that of their photo, the front view first.

    Raises:
        InputError: a photo cannot be decoded.
    """
    names = {}
    for camera_id, photos in _fisheye_photos(model, capture).items():
        fisheye = model.cameras[camera_id]
        camera = _add_camera(model, fisheye)
        views = fisheye_views(fisheye, camera)
        for photo in photos:
            names[photo.name] = _names(photo, capture, views)
            _replace(model, photo, fisheye, camera, views, names[photo.name])

        def write(photo: CapturePhoto, views: list[FisheyeView] = views) -> None:
            _write_views(capture, photo, views, names[photo.name], masks_folder, scene)

        threads = photo_threads(capture)
        for count, _ in enumerate(completed(write, photos, threads=threads, name="split-fisheye"), start=1):
            note = f"{count} of {len(photos)} fisheye photos"
            on_progress(Progress("undistort photos", count / len(photos), note))
    if names:
        model.tear_down()  # drops the fisheye cameras, and images without a pose
    return names


def _names(photo: CapturePhoto, capture: Capture, views: list[FisheyeView]) -> tuple[str, ...]:
    """In a folder called like the photo, without its suffix if no other photo is called so."""
    stem = PurePosixPath(photo.name).with_suffix("")
    others = (PurePosixPath(other.name).with_suffix("") for other in capture.photos if other is not photo)
    return tuple(f"{photo.name if stem in others else stem}/{view.name}.jpg" for view in views)


def _fisheye_photos(model: pycolmap.Reconstruction, capture: Capture) -> dict[int, list[CapturePhoto]]:
    """The registered photos of each fisheye camera."""
    registered = set(model.reg_image_ids())
    found: dict[int, list[CapturePhoto]] = defaultdict(list)
    for photo in capture.photos:
        if photo.id in registered:
            camera = model.cameras[model.images[photo.id].camera_id]
            if camera.is_perspective_fisheye():
                found[camera.camera_id].append(photo)
    return found


def _add_camera(model: pycolmap.Reconstruction, fisheye: pycolmap.Camera) -> pycolmap.Camera:
    camera = view_camera(fisheye, max(fisheye.width, fisheye.height))
    camera.camera_id = max([*model.cameras, *model.rigs]) + 1  # its rig gets the same id
    model.add_camera_with_trivial_rig(camera)
    return camera


def _replace(
    model: pycolmap.Reconstruction,
    photo: CapturePhoto,
    fisheye: pycolmap.Camera,
    camera: pycolmap.Camera,
    views: list[FisheyeView],
    names: tuple[str, ...],
) -> None:
    """Add images of the views with the photo's observations, and take its pose."""
    image = model.images[photo.id]
    observed = [point for point in image.points2D if point.has_point3D()]
    rays = np.zeros((0, 3))
    if observed:
        flat = fisheye.cam_from_img(np.array([point.xy for point in observed]))
        rays = np.column_stack([flat, np.ones(len(flat))])
    for view, name in zip(views, names, strict=True):
        in_view = rays @ view.cam_from_lens.T
        pixels = in_view[:, :2] / in_view[:, 2:] * camera.mean_focal_length() + camera.width / 2
        inside = (in_view[:, 2] > 0) & ((pixels >= 0) & (pixels <= camera.width)).all(axis=1)
        new = pycolmap.Image(
            name=name,
            keypoints=pixels[inside],
            camera_id=camera.camera_id,
            image_id=max([*model.images, *model.frames]) + 1,
        )
        turn = pycolmap.Rigid3d(pycolmap.Rotation3d(view.cam_from_lens), np.zeros(3))
        model.add_image_with_trivial_frame(new, turn * image.cam_from_world())
        for index, source in enumerate(np.flatnonzero(inside)):
            model.add_observation(observed[source].point3D_id, pycolmap.TrackElement(new.image_id, index))
    model.deregister_frame(image.frame_id)


def _write_views(
    capture: Capture,
    photo: CapturePhoto,
    views: list[FisheyeView],
    names: tuple[str, ...],
    masks_folder: Path | None,
    scene: Path,
) -> None:
    source = capture.image_folder / photo.name
    mask = None
    if masks_folder is not None and photo.is_masked:
        mask = read_mask(masks_folder / f"{photo.colmap_name}.png")
    for view, name in zip(views, names, strict=True):
        target = scene / IMAGES_FOLDER / name
        target.parent.mkdir(parents=True, exist_ok=True)
        with reading(source, remedy=DAMAGED_PHOTO):
            undistort_photo(source, target, view.mapping)
        used = view.seen if mask is None else view.seen & (_nearest(mask, view.mapping) == _USED)
        if not used.all():
            write_mask(np.where(used, _USED, 0).astype(np.uint8), scene / MASKS_FOLDER / f"{name}.png")


def _nearest(mask: np.ndarray, mapping: UndistortionMap) -> np.ndarray:
    height, width = mask.shape
    column, row = np.moveaxis(np.floor(mapping.positions * (width, height)).astype(int), -1, 0)
    return np.asarray(mask[row.clip(0, height - 1), column.clip(0, width - 1)])
