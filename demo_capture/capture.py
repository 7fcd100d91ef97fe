"""Render the demo capture: photos with EXIF, and their ground truth."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from PIL import Image

from components.shared.files import atomic_path
from components.shared.progress import OnProgress, Progress, ignore_progress, within
from demo_capture.exif import GpsOrigin, focal_length_px, photo_exif
from demo_capture.light import light_scene
from demo_capture.path import walk_around
from demo_capture.render import render
from demo_capture.scene import GROUND_Y, build_scene
from demo_capture.truth import DemoTruth

_JPEG_QUALITY = 94
_DETAILED_WIDTH = 640  # px; smaller photos cannot show the finest texels
_LIGHT_FRACTION = 0.25  # of the whole time


def render_demo_capture(
    folder: Path,
    *,
    photos: int = 24,
    width: int = 800,
    height: int = 600,
    seed: int = 0,
    gps_origin: GpsOrigin | None = None,
    on_progress: OnProgress = ignore_progress,
) -> DemoTruth:
    """Write `photos` JPEG files named like IMG_0001.jpg into `folder`; equal arguments give equal bytes.

    The seed changes the textures and the path, not the geometry. `gps_origin` adds exact positions.
    """
    if photos < 1 or min(width, height) < 16:
        raise ValueError(f"cannot render {photos} photos of {width}x{height} px: needs 1 of 16x16 or more")
    truth = _plan(photos, width, height, seed)
    on_progress(Progress("texture and light the scene", 0.0))
    scene = light_scene(build_scene(), seed=seed, coarseness=max(1.0, _DETAILED_WIDTH / width))
    on_photo = within(on_progress, _LIGHT_FRACTION, 1.0)
    for number, name in enumerate(truth.names):
        on_photo(Progress("render photos", number / photos, name))
        camera = truth.camera(number)
        _write_photo(folder / name, render(scene, camera), photo_exif(number, camera.center, gps_origin))
    on_progress(Progress("render photos", 1.0, f"{photos} photos"))
    return truth


def _plan(photos: int, width: int, height: int, seed: int) -> DemoTruth:
    focal = focal_length_px(width)
    return DemoTruth(
        names=[f"IMG_{number:04d}.jpg" for number in range(1, photos + 1)],
        viewmats=np.array(walk_around(photos, ground_y=GROUND_Y, seed=seed)),
        K=np.array([[focal, 0.0, width / 2], [0.0, focal, height / 2], [0.0, 0.0, 1.0]]),
        width=width,
        height=height,
    )


def _write_photo(path: Path, image: np.ndarray, exif: Image.Exif) -> None:
    with atomic_path(path) as temporary:
        Image.fromarray(image).save(temporary, "JPEG", quality=_JPEG_QUALITY, subsampling=0, exif=exif)
