"""The view that the clean-up changed most, before and after, for the report."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
from PIL import Image

from components.shared.files import atomic_path
from components.shared.rasterize.interface import Rendered
from components.shared.run_layout import CLEAN_UP_AFTER, CLEAN_UP_BEFORE
from components.shared.scene import Camera, fitted_size
from components.train.quality.measure import render_photos
from components.train.scene.views import TrainingView, Views, spread_evenly

Render = Callable[[Camera], Rendered]
_MAX_SIDE_PX = 480
_TRAINING_VIEWS = 32
"""Floaters are in front of one photo; of large captures not all are rendered again."""
_QUALITY = 80


def write_pictures(before: Render, after: Render, views: Views, folder: Path) -> str:
    """Write both renders as WebP of at most 480 px; the name of the photo whose view changed most."""
    photos = [*spread_evenly(views.training[0], _TRAINING_VIEWS), *views.held_out]
    small = [TrainingView(photo.name, _fitted(photo.camera), photo.pixels) for photo in photos]
    pairs = list(zip(render_photos(before, small), render_photos(after, small), strict=True))
    changes = [np.mean(np.square(old.astype(np.float32) - new)) for old, new in pairs]
    most = int(np.argmax(changes))
    for name, image in zip((CLEAN_UP_BEFORE, CLEAN_UP_AFTER), pairs[most], strict=True):
        with atomic_path(folder / name) as temporary:
            Image.fromarray(image).save(temporary, "WEBP", quality=_QUALITY)
    return photos[most].name


def _fitted(camera: Camera) -> Camera:
    return camera.scaled(*fitted_size(camera.width, camera.height, _MAX_SIDE_PX))
