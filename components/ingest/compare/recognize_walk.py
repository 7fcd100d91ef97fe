"""Recognize photos taken one after the other along a path, each overlapping the one before."""

from __future__ import annotations

import math
import re

import numpy as np
from PIL import Image

from components.ingest.photos.check_image import CheckedImage

_NUMBERED = re.compile(r"(.*?)(\d+)(\D*)")
_MIN_PHOTOS = 8
_THUMBNAIL_SIZE = 16, 16
_MAX_COMPARED = 500
"""Each photo is compared with at most so many others; the cost is linear in the number of photos."""
_MAX_RANK = 0.25
"""The next photo must be among this fraction of the photos, the most similar ones."""
_MIN_AGREEMENT = 0.9
"""Fraction of the photos for which that must hold."""


def is_walk(accepted: list[CheckedImage]) -> bool:
    """True if names or times rise and consecutive photos look alike; False in doubt.

    accepted: in order of name, as sequential matching takes them.
    """
    in_order = _times_rise(accepted) or _numbers_rise(accepted)
    return len(accepted) >= _MIN_PHOTOS and in_order and _neighbours_look_alike(accepted)


def _times_rise(images: list[CheckedImage]) -> bool:
    times = [image.info.captured_at for image in images]
    known = [time for time in times if time]
    return len(known) == len(times) and known == sorted(known)


def _numbers_rise(images: list[CheckedImage]) -> bool:
    """Whether all names have one pattern, in one folder, with rising numbers; False if photos have times."""
    if any(image.info.captured_at for image in images):
        return False
    matches = [_NUMBERED.fullmatch(image.info.name) for image in images]
    if not all(matches):
        return False
    parts = [match.groups() for match in matches if match]
    numbers = [int(number) for _, number, _ in parts]
    return len({(before, after) for before, _, after in parts}) == 1 and numbers == sorted(numbers)


def _neighbours_look_alike(images: list[CheckedImage]) -> bool:
    """Whether the next photo is nearly always among the most similar, by correlation of thumbnails."""
    previews = [image.preview.pixels for image in images if image.preview is not None]
    flat = np.stack([_thumbnail(pixels) for pixels in previews])
    flat -= flat.mean(axis=1, keepdims=True)
    flat /= np.linalg.norm(flat, axis=1, keepdims=True) + 1e-9
    others = np.arange(0, len(flat), math.ceil(len(flat) / _MAX_COMPARED))
    similarity = flat[:-1] @ flat[others].T  # [N - 1, others]
    similarity[others[None, :] == np.arange(len(flat) - 1)[:, None]] = -np.inf  # not with itself
    to_next = (flat[:-1] * flat[1:]).sum(axis=1)
    rank_of_next = (similarity > to_next[:, None] + 1e-9).mean(axis=1)
    return bool(np.mean(rank_of_next < _MAX_RANK) >= _MIN_AGREEMENT)


def _thumbnail(pixels: np.ndarray) -> np.ndarray:
    """A preview squeezed into a square: float64 [256]."""
    small = Image.fromarray(pixels.astype(np.float32)).resize(_THUMBNAIL_SIZE, Image.Resampling.BOX)
    return np.asarray(small, np.float64).ravel()
