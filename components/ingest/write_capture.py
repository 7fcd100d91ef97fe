"""Write a capture as a folder: `capture.json`, photos in `images/`, masks in `masks/`, points."""

from __future__ import annotations

import shutil
from pathlib import Path

from components.ingest.photos.check_image import CheckedImage
from components.shared.contracts.capture import CAPTURE_FILE, POINTS_FILE, CaptureInfo
from components.shared.files import atomic_folder
from components.shared.point_cloud import PointCloud, write_point_cloud
from components.shared.progress import OnProgress, Progress
from components.shared.scene import IMAGES_FOLDER, MASKS_FOLDER


def write_capture(
    info: CaptureInfo,
    accepted: list[CheckedImage],
    points: PointCloud | None,
    folder: Path,
    scratch: Path,
    on_progress: OnProgress,
) -> None:
    """Write `folder` whole or not at all. Files below `scratch` are moved, others copied byte for byte."""
    with atomic_folder(folder) as temporary:
        info.write(temporary / CAPTURE_FILE)
        if points is not None:
            write_point_cloud(points, temporary / POINTS_FILE)
        for index, image in enumerate(accepted):
            on_progress(Progress("write", index / len(accepted), f"{index} of {len(accepted)} photos"))
            _place(image.path, temporary / IMAGES_FOLDER / image.info.name, scratch)
            if image.mask_path is not None:
                _place(image.mask_path, temporary / MASKS_FOLDER / f"{image.info.name}.png", scratch)


def _place(path: Path, target: Path, scratch: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    if path.is_relative_to(scratch):
        shutil.move(path, target)
    else:
        shutil.copyfile(path, target)
