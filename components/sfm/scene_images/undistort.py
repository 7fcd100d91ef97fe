"""Undistortion: PINHOLE cameras, and images and masks that fit them."""

from __future__ import annotations

import shutil
from functools import lru_cache
from pathlib import Path

import numpy as np
import pycolmap

from components.sfm.capture import Capture, CapturePhoto
from components.sfm.features.shrink_photos import photo_threads
from components.sfm.features_of import features_of, replace_pixels
from components.sfm.scene_images.masks import undistort_masks
from components.sfm.scene_images.resample import UndistortionMap, undistort_photo, undistortion_map
from components.shared.errors import InputError, StorageError, says_nothing_of_data
from components.shared.parallel import completed
from components.shared.progress import OnProgress, Progress
from components.shared.scene import IMAGES_FOLDER, SPARSE_FOLDER


def undistort(
    model: pycolmap.Reconstruction,
    capture: Capture,
    masks_folder: Path | None,
    scene: Path,
    on_progress: OnProgress,
) -> None:
    """Write `sparse/`, `images/` and `masks/` into `scene`, under the photos' own names.

    The cameras of `model` are those of the shrunk photos; `model` gets the undistorted ones in place, and the
    stored one features that fit them. Images are made from the original photos. `masks_folder` is that of
    `shrink_masks`.

    Raises:
        InputError: a photo cannot be decoded.
        StorageError: an image could not be written.
    """
    options = pycolmap.UndistortCameraOptions()
    options.max_image_size = _largest_side(model)
    photos = [photo for photo in capture.photos if photo.id in set(model.reg_image_ids())]
    used = {model.images[id_].camera_id for id_ in model.reg_image_ids()}
    undistorted = {id_: pycolmap.undistort_camera(options, model.cameras[id_]) for id_ in sorted(used)}
    _undistort_photos(model, undistorted, capture, photos, scene / IMAGES_FOLDER, on_progress)
    if masks_folder is not None:
        undistort_masks(model, photos, masks_folder, options, scene)
    pixels = _undistorted_pixels(model, undistorted)
    _replace_cameras(model, undistorted)
    for photo in photos:
        model.images[photo.id].name = photo.name
    (scene / SPARSE_FOLDER).mkdir()
    model.write_binary(str(scene / SPARSE_FOLDER))
    replace_pixels(scene / SPARSE_FOLDER, pixels)


def _largest_side(model: pycolmap.Reconstruction) -> int:
    """Undistortion may enlarge images; none becomes larger than the largest photo."""
    return max(max(camera.width, camera.height) for camera in model.cameras.values())


def _undistort_photos(
    model: pycolmap.Reconstruction,
    undistorted: dict[int, pycolmap.Camera],
    capture: Capture,
    photos: list[CapturePhoto],
    folder: Path,
    on_progress: OnProgress,
) -> None:
    cameras = {photo.id: model.images[photo.id].camera_id for photo in photos}
    threads = photo_threads(capture)

    @lru_cache(maxsize=threads)
    def map_of(camera_id: int) -> UndistortionMap:
        return undistortion_map(model.cameras[camera_id], undistorted[camera_id])

    def write(photo: CapturePhoto) -> None:
        source, target = capture.image_folder / photo.name, folder / photo.name
        target.parent.mkdir(parents=True, exist_ok=True)
        camera_id = cameras[photo.id]
        try:
            if _is_undistorted(photo, model.cameras[camera_id], undistorted[camera_id]):
                shutil.copyfile(source, target)
            else:
                undistort_photo(source, target, map_of(camera_id))
        except (OSError, SyntaxError) as error:
            if not says_nothing_of_data(error):
                raise InputError(
                    f"the photo {photo.name} cannot be decoded: {error}",
                    remedy="Export it again as JPEG, or leave it out.",
                ) from error
            raise StorageError(
                f"the undistorted image of {photo.name} could not be written: {error}",
                remedy="Free space on the disk for temporary files (TMPDIR), then run again.",
            ) from error

    photos = sorted(photos, key=lambda photo: cameras[photo.id])  # one map after the other
    for count, _ in enumerate(completed(write, photos, threads=threads, name="undistort"), start=1):
        on_progress(Progress("undistort photos", count / len(photos), f"{count} of {len(photos)} photos"))


def _is_undistorted(photo: CapturePhoto, camera: pycolmap.Camera, undistorted: pycolmap.Camera) -> bool:
    """Whether the original photo is already what its undistorted camera sees."""
    return (
        camera.is_undistorted()
        and (photo.width, photo.height) == (undistorted.width, undistorted.height)
        and np.array_equal(camera.calibration_matrix(), undistorted.calibration_matrix())
    )


def _undistorted_pixels(
    model: pycolmap.Reconstruction, undistorted: dict[int, pycolmap.Camera]
) -> dict[int, np.ndarray]:
    """By image id: where the PINHOLE cameras see the features [N, 2]."""
    pixels = {}
    for image_id, features in features_of(model).items():
        camera_id = model.images[image_id].camera_id
        rays = model.cameras[camera_id].cam_from_img(features["xy"])
        pixels[image_id] = undistorted[camera_id].img_from_cam(np.column_stack([rays, np.ones(len(rays))]))
    return pixels


def _replace_cameras(model: pycolmap.Reconstruction, undistorted: dict[int, pycolmap.Camera]) -> None:
    for camera_id, target in undistorted.items():
        camera = model.cameras[camera_id]
        camera.model, camera.width, camera.height = target.model, target.width, target.height
        camera.params = list(target.params)
