"""A flight in strips as a model with observations; adjusted to noisy pixels it is bent, as flights are."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pycolmap

from components.sfm.capture import CapturePhoto
from components.shared.contracts.capture import MetricPosition

WIDTH, HEIGHT = 480, 360
_HEIGHT_M, _ALONG_M, _ACROSS_M, _MARGIN_M = 100.0, 19.0, 35.0, 40.0
_DOWN = np.diag([1.0, -1.0, -1.0])
_POINTS_PER_PHOTO, _NOISE_PX = 25, 0.5
MODEL_FROM_METRES = pycolmap.Sim3d(
    0.05, pycolmap.Rotation3d(np.array([0.3, 0.2, 0.1])), np.array([1.0, 2, 3])
)
_TURN = pycolmap.Rotation3d(np.array([0.3, 0.2, 0.1]))


def flight(photos: int = 60, strips: int = 4, seed: int = 0) -> tuple[pycolmap.Reconstruction, np.ndarray]:
    """The model, in a frame of its own, and the true camera centres [photos, 3]: metres east, north, up."""
    rng = np.random.default_rng(seed)
    centers = _centers(photos, photos // strips, rng)
    model = pycolmap.Reconstruction()
    camera = pycolmap.Camera(
        model="SIMPLE_RADIAL", width=WIDTH, height=HEIGHT, params=[480.0, 240.0, 180.0, 0.02], camera_id=1
    )
    model.add_camera_with_trivial_rig(camera)
    for number, center in enumerate(centers, start=1):
        rotation = pycolmap.Rotation3d(rng.normal(0.0, 0.03, 3)).matrix() @ _DOWN
        image = pycolmap.Image(name=f"{number}.jpg", camera_id=1, image_id=number)
        model.add_image_with_trivial_frame(
            image, pycolmap.Rigid3d(np.column_stack([rotation, -rotation @ center]))
        )
    low, high = centers.min(axis=0) - _MARGIN_M, centers.max(axis=0) + _MARGIN_M
    ground = rng.uniform(low, high, (_POINTS_PER_PHOTO * photos, 3))
    ground[:, 2] = 3.0 * rng.standard_normal(len(ground))
    _observe(model, camera, ground, rng)
    options = pycolmap.BundleAdjustmentOptions()
    options.print_summary = False
    pycolmap.bundle_adjustment(model, options)
    model.transform(pycolmap.Sim3d(0.05, _TURN, np.array([1.0, 2.0, 3.0])))
    return model, centers


def photos_at(
    centers: np.ndarray, accuracy_m: float | None, wrong: Sequence[int] = (), *, noise_m: float, seed: int = 1
) -> list[CapturePhoto]:
    """Photos with noisy positions, those of the indices `wrong` 50 m off; heights have twice the noise."""
    noise = noise_m * np.random.default_rng(seed).standard_normal(centers.shape) * [1.0, 1.0, 2.0]
    places = centers + noise
    places[list(wrong)] += [40.0, 30.0, 0.0]
    return [
        CapturePhoto(
            *(number, f"{number}.jpg", WIDTH, HEIGHT, 0, 1, None),
            position=MetricPosition(
                x_m=x, y_m=y, z_m=z, accuracy_m=accuracy_m, altitude_accuracy_m=accuracy_m and 2 * accuracy_m
            ),
        )
        for number, (x, y, z) in enumerate(places.tolist(), start=1)
    ]


def centers_of_model(model: pycolmap.Reconstruction) -> np.ndarray:
    """[C, 3], in the order of the photos."""
    return np.array([model.images[id_].projection_center() for id_ in sorted(model.reg_image_ids())])


def _centers(photos: int, per_strip: int, rng: np.random.Generator) -> np.ndarray:
    places = []
    for index in range(photos):
        strip, step = divmod(index, per_strip)
        along = step if strip % 2 == 0 else per_strip - 1 - step
        places.append([_ACROSS_M * strip, _ALONG_M * along, _HEIGHT_M + rng.normal(0.0, 0.7)])
    return np.array(places)


def _observe(
    model: pycolmap.Reconstruction, camera: pycolmap.Camera, points: np.ndarray, rng: np.random.Generator
) -> None:
    tracks: list[list[pycolmap.TrackElement]] = [[] for _ in points]
    for image_id in sorted(model.reg_image_ids()):
        image = model.images[image_id]
        pixels = camera.img_from_cam(image.cam_from_world() * points)
        inside = np.flatnonzero(np.all((pixels >= 0) & (pixels < [WIDTH, HEIGHT]), axis=1))
        noisy = pixels[inside] + rng.normal(0.0, _NOISE_PX, (len(inside), 2))
        image.points2D = [pycolmap.Point2D(pixel) for pixel in noisy]
        for index, point in enumerate(inside):
            tracks[point].append(pycolmap.TrackElement(image_id, index))
    for point, track in zip(points, tracks, strict=True):
        if len(track) >= 2:
            model.add_point3D(point, pycolmap.Track(track), np.zeros(3, np.uint8))
