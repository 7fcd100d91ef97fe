"""Which photos are held out of training, where not any choice is fair."""

from __future__ import annotations

import pycolmap

from components.sfm.capture import CapturePhoto

_EVERY = 8
"""As training chooses by itself."""


def held_out_names(photos: list[CapturePhoto], model: pycolmap.Reconstruction) -> tuple[str, ...]:
    """All registered views of every eighth 360° photo, and every eighth other photo, in the capture's order.

    Training must not see any view of a 360° photo that is held out. Empty without 360° photos: training
    chooses.
    """
    registered = [
        photo for photo in photos if model.exists_image(photo.id) and model.images[photo.id].has_pose
    ]
    frames = list(dict.fromkeys(photo.frame for photo in registered))
    if len(frames) == len(registered):
        return ()
    held_out = set(frames[::_EVERY])
    return tuple(photo.name for photo in registered if photo.frame in held_out)
