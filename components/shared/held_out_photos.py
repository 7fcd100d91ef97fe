"""`held_out/` beside a `cameras.json`: photos that training never saw, to measure what later stages lose."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
from PIL import Image

from components.shared.files import atomic_path
from components.shared.parallel import completed
from components.shared.reading import reading
from components.shared.resources import available_cpus
from components.shared.scene import Camera
from components.shared.training_cameras import CAMERAS_FILE, CameraInfo, TrainingCameras

HELD_OUT_FOLDER = "held_out"
_COMPRESS_LEVEL = 1
"""A tenth larger than by default, in less than half the time: training waits for it."""


@dataclass(frozen=True, slots=True)
class HeldOutPhoto:
    """A photo at the size that training measured it at, composited over black.

    pixels uint8 [H, W, 3]; mask bool [H, W], False for pixels to ignore, None: all pixels count.
    """

    name: str
    camera: Camera
    pixels: np.ndarray
    mask: np.ndarray | None = None


def write_held_out(photos: Sequence[HeldOutPhoto], folder: Path) -> None:
    """Write lossless pictures `held_out/<name>.png` into `folder`, transparent where pixels are ignored."""
    for _ in completed(partial(_write, folder), photos, threads=available_cpus(), name="held out"):
        pass


def read_held_out(cameras: Path) -> list[HeldOutPhoto]:
    """The photos beside a `cameras.json`; none if it is missing, or without photos, as in earlier versions.

    Raises:
        InputError: a value of the file is missing or not allowed, or a photo is missing or damaged.
    """
    infos = TrainingCameras.read(cameras).held_out if cameras.exists() else []
    return [_read(info, cameras.parent) for info in infos]


def _path(folder: Path, name: str) -> Path:
    return folder / HELD_OUT_FOLDER / f"{name}.png"


def _write(folder: Path, photo: HeldOutPhoto) -> None:
    alpha = [] if photo.mask is None else [np.uint8(255) * photo.mask[..., None]]
    picture = Image.fromarray(np.concatenate([photo.pixels, *alpha], axis=2))
    with atomic_path(_path(folder, photo.name)) as temporary:
        picture.save(temporary, "PNG", compress_level=_COMPRESS_LEVEL)


def _read(info: CameraInfo, folder: Path) -> HeldOutPhoto:
    path, camera = _path(folder, info.name), info.camera()
    with reading(path, remedy=f"Give the {CAMERAS_FILE} and the folder {HELD_OUT_FOLDER} of one training."):
        with Image.open(path) as image:
            texels = np.asarray(image.convert("RGBA"))
        if texels.shape[:2] != (camera.height, camera.width):
            raise ValueError(f"it is not of its camera's size, {camera.width}×{camera.height} px")
    mask = texels[..., 3] == 255
    return HeldOutPhoto(info.name, camera, texels[..., :3], None if mask.all() else mask)
