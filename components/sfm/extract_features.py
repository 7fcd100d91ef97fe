"""SIFT features of every photo, with one camera for each group of the capture."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pycolmap

from components.sfm.capture import Capture
from components.sfm.settings import SfmSettings
from components.shared.resources import available_cpus

_BATCH = 8


def extract_features(
    database: Path, capture: Capture, settings: SfmSettings, on_fraction: Callable[[float], None]
) -> None:
    """Fill the database with cameras, images and features."""
    done = 0
    for group in capture.groups:
        camera_id = _add_camera(database, group)
        names = capture.names_of(group["id"])
        for start in range(0, len(names), _BATCH):
            batch = names[start : start + _BATCH]
            pycolmap.extract_features(
                database,
                capture.image_folder,
                image_names=batch,
                camera_mode=pycolmap.CameraMode.SINGLE,
                reader_options=pycolmap.ImageReaderOptions(existing_camera_id=camera_id),
                extraction_options=_options(settings),
                device=pycolmap.Device.auto,
            )
            done += len(batch)
            on_fraction(done / len(capture.images))


def _add_camera(database: Path, group: dict[str, Any]) -> int:
    """A camera of the group's size, with the focal length that EXIF tells, or a usual one to start from."""
    width, height = group["width"], group["height"]
    known = group["focal_length_px"]
    focal = known or 1.2 * max(width, height)
    camera = pycolmap.Camera(
        model="SIMPLE_RADIAL", width=width, height=height, params=[focal, width / 2, height / 2, 0.0]
    )
    camera.has_prior_focal_length = known is not None
    with pycolmap.Database.open(database) as opened:
        camera_id: int = opened.write_camera(camera)
        camera.camera_id = camera_id
        rig = pycolmap.Rig()
        rig.add_ref_sensor(camera.sensor_id)
        opened.write_rig(rig)
    return camera_id


def _options(settings: SfmSettings) -> pycolmap.FeatureExtractionOptions:
    options = pycolmap.FeatureExtractionOptions()
    options.num_threads = available_cpus()
    options.max_image_size = settings.max_image_px
    options.sift.max_num_features = settings.max_features
    return options
