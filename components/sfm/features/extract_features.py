"""SIFT features of every photo."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pycolmap
from PIL import Image

from components.sfm.capture import Capture, CapturePhoto
from components.sfm.configurations import FeatureOptions
from components.sfm.features.detection_images import detection_size, write_detection_image
from components.sfm.features.device import check_results, feature_device
from components.shared.contracts.capture import CameraGroup
from components.shared.errors import says_nothing_of_data
from components.shared.parallel import completed
from components.shared.resources import threads_that_fit
from components.shared.scene import MASKS_FOLDER, fitted_size

KeypointColors = dict[int, np.ndarray]
"""By image id: sRGB [N, 3], uint8, at the keypoints of the image."""

_BATCHES_PER_CPU = 8
_BYTES_PER_PIXEL = 100
"""Of a thread's image pyramid, with its gradients: 0.19 GB at 1600 x 1200."""


@dataclass(frozen=True, slots=True)
class Features:
    """Of one photo.

    keypoints: [N, 6] float32, x, y and the affine shape, in pixels. descriptors: [N, 128] uint8.
    colors: [N, 3] uint8 sRGB.
    """

    keypoints: np.ndarray
    descriptors: np.ndarray
    colors: np.ndarray

    def __getitem__(self, rows: np.ndarray) -> Features:
        return Features(self.keypoints[rows], self.descriptors[rows], self.colors[rows])


def extract_features(
    database: Path,
    capture: Capture,
    max_image_px: int,
    options: FeatureOptions,
    colors: KeypointColors,
    on_count: Callable[[int], None],
) -> None:
    """Add features to a database of `create_database`, and their colors to `colors`.

    Photos that `colors` has are left as they are. Black pixels of masks have no features. A photo is decoded
    once, for its features and their colors. One that cannot be decoded gets no entry.
    """
    todo = [photo for photo in capture.photos if photo.id not in colors]
    done = len(colors)
    scratch = database.with_suffix(".detection")
    threads = _threads(capture, options)
    batch = _BATCHES_PER_CPU * threads
    for start in range(0, len(todo), batch):
        photos = todo[start : start + batch]
        scratch.mkdir()
        found = _detect(photos, capture, options, scratch, threads)
        shutil.rmtree(scratch)
        with pycolmap.Database.open(database) as opened:
            for photo, features in found:
                camera = fitted_size(photo.width, photo.height, max_image_px)
                features = largest(_valid(features, photo, capture, options), options.max_features)
                _write(opened, photo, features, camera, _size(photo, options))
                colors[photo.id] = features.colors
        on_count(done + start + len(photos))


def largest(features: Features, most: int) -> Features:
    """The `most` features of the largest scale, which are found again in more photos than small ones."""
    shape = features.keypoints[:, 2:].reshape(-1, 2, 2)
    order = np.argsort(-np.abs(np.linalg.det(shape)), kind="stable")
    return features[np.sort(order[:most])]


def _detect(
    photos: list[CapturePhoto], capture: Capture, options: FeatureOptions, scratch: Path, threads: int
) -> list[tuple[CapturePhoto, Features]]:
    """Features of all photos that can be decoded, in pixels of their detection images."""
    pixels: dict[int, np.ndarray] = {}

    def decode(photo: CapturePhoto) -> np.ndarray | None:
        source, target = capture.image_folder / photo.name, scratch / _detection_name(photo)
        try:
            return write_detection_image(source, target, _size(photo, options))
        except Exception as error:  # decoders of damaged data raise whatever they come across
            if says_nothing_of_data(error):
                raise
            return None

    for photo, decoded in completed(decode, photos, threads=threads, name="decode"):
        if decoded is not None:
            pixels[photo.id] = decoded
    readable = [photo for photo in photos if photo.id in pixels]
    if not readable:
        return []
    database, device = scratch / "features.db", feature_device()
    pycolmap.extract_features(
        database,
        scratch,
        image_names=[_detection_name(photo) for photo in readable],
        camera_mode=pycolmap.CameraMode.PER_IMAGE,
        extraction_options=_sift_options(options, threads),
        device=device,
    )
    with pycolmap.Database.open(database) as opened:
        check_results(device, opened.num_keypoints(), "features")
        return [(photo, _read(opened, photo, pixels[photo.id])) for photo in readable]


def _read(database: pycolmap.Database, photo: CapturePhoto, pixels: np.ndarray) -> Features:
    image = database.read_image_with_name(_detection_name(photo))
    assert image is not None, "COLMAP reads the images that Pillow wrote"
    keypoints = np.asarray(database.read_keypoints(image.image_id), np.float32).reshape(-1, 6)
    descriptors = np.asarray(database.read_descriptors(image.image_id).data, np.uint8).reshape(-1, 128)
    columns, rows = np.floor(keypoints[:, :2].T).astype(int)
    height, width = pixels.shape[:2]
    colors = pixels[rows.clip(0, height - 1), columns.clip(0, width - 1)]
    return Features(keypoints, descriptors, colors)


def _valid(features: Features, photo: CapturePhoto, capture: Capture, options: FeatureOptions) -> Features:
    """The features on pixels that the photo's mask does not exclude."""
    if not photo.is_masked:
        return features
    with Image.open(capture.root / MASKS_FOLDER / f"{photo.name}.png") as image:
        mask = np.asarray(image.convert("L"))
    height, width = mask.shape
    detection_width, detection_height = _size(photo, options)
    columns = (features.keypoints[:, 0] * width / detection_width).astype(int).clip(0, width - 1)
    rows = (features.keypoints[:, 1] * height / detection_height).astype(int).clip(0, height - 1)
    return features[mask[rows, columns] > 0]


def _write(
    database: pycolmap.Database,
    photo: CapturePhoto,
    features: Features,
    camera: tuple[int, int],
    detection: tuple[int, int],
) -> None:
    """Write features with keypoints in pixels of the camera."""
    factors = np.divide(camera, detection, dtype=np.float32)
    keypoints = features.keypoints * np.concatenate([factors, factors[[0, 0, 1, 1]]])
    descriptors = pycolmap.FeatureDescriptors(
        type=pycolmap.FeatureExtractorType.SIFT, data=np.ascontiguousarray(features.descriptors)
    )
    database.write_keypoints(photo.id, np.ascontiguousarray(keypoints, np.float32))
    database.write_descriptors(photo.id, descriptors)


def _sift_options(features: FeatureOptions, threads: int) -> pycolmap.FeatureExtractionOptions:
    options = pycolmap.FeatureExtractionOptions()
    options.max_image_size = features.detection_px
    options.num_threads = threads
    options.sift.first_octave = 0
    options.sift.max_num_features = features.max_features
    options.sift.peak_threshold *= features.contrast_factor
    return options


def _threads(capture: Capture, options: FeatureOptions) -> int:
    """One thread per CPU, or fewer if their image pyramids would not fit into memory."""
    sizes = [_size(group, options) for group in capture.groups]
    return threads_that_fit(_BYTES_PER_PIXEL * max(width * height for width, height in sizes))


def _size(photo: CapturePhoto | CameraGroup, options: FeatureOptions) -> tuple[int, int]:
    return detection_size(
        photo.width, photo.height, max_side_px=options.detection_px, enlargement=options.enlargement
    )


def _detection_name(photo: CapturePhoto) -> str:
    return f"{photo.id:06d}.bmp"
