"""What later stages know of the photos: cameras of all, and the pictures of those held out."""

from __future__ import annotations

from pathlib import Path

from components.shared.held_out_photos import HeldOutPhoto, write_held_out
from components.shared.training_cameras import CAMERAS_FILE, CameraInfo, TrainingCameras
from components.train.scene.views import TrainingView, Views, spread_evenly

_MOST_HELD_OUT = 64
"""They are lossless, 3 MB each, and later stages render them several times: thousands of photos hold out
hundreds."""


def write_views(views: Views, folder: Path) -> None:
    """Write `cameras.json` and `held_out/` into `folder`; of many held-out photos some, at even distances."""
    measured = spread_evenly(views.held_out, _MOST_HELD_OUT)
    write_held_out([_held_out(photo) for photo in measured], folder)
    cameras, held_out = (
        tuple(CameraInfo.of(photo.name, photo.camera) for photo in photos)
        for photos in (views.training[0], measured)
    )
    TrainingCameras(cameras=cameras, held_out=held_out).write(folder / CAMERAS_FILE)


def _held_out(photo: TrainingView) -> HeldOutPhoto:
    mask = None if photo.mask is None else photo.mask.cpu().numpy()
    return HeldOutPhoto(photo.name, photo.camera, photo.pixels.cpu().numpy(), mask)
