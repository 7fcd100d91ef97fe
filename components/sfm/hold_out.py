"""Which photos are held out of training, where not any choice is fair."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from components.sfm.capture import CapturePhoto

_EVERY = 8
"""As training chooses by itself."""


def held_out_names(
    photos: list[CapturePhoto], registered: Collection[int], views: Mapping[str, tuple[str, ...]]
) -> tuple[str, ...]:
    """Every eighth photo, with all of its views, in the capture's order; empty where photos have no views.

    Training must not see any view of a photo that is held out.

    registered: ids of the photos that have a pose. views: names of the flat views of fisheye photos; those of
    360° photos are photos of the capture.
    """
    posed = [photo for photo in photos if photo.id in registered]
    frames = list(dict.fromkeys(photo.frame for photo in posed))
    if len(frames) == len(posed) and not views:
        return ()
    held_out = set(frames[::_EVERY])
    chosen = (photo for photo in posed if photo.frame in held_out)
    return tuple(name for photo in chosen for name in views.get(photo.name, (photo.name,)))
