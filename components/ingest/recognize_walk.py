"""Whether photos were taken one after the other along a path, so that each shows much of the one before."""

from __future__ import annotations

import math
import re

import numpy as np

from components.ingest.check_image import CheckedImage

_NUMBERED = re.compile(r"(.*?)(\d+)(\D*)")
_NEAREST_PART = 0.25
_STEPS_THAT_AGREE = 0.9
_FEWEST = 8
_MOST_COMPARED = 500
"""Each photo is compared with so many of the others, so that thousands of photos stay cheap."""


def is_walk(accepted: list[CheckedImage]) -> bool:
    """True if both the names or times, and the pictures themselves, say so. In doubt False.

    The photos come in order of name, which is what matching in sequence goes by.
    """
    return (
        len(accepted) >= _FEWEST and (_times_rise(accepted) or _numbers_rise(accepted)) and _flows(accepted)
    )


def _times_rise(images: list[CheckedImage]) -> bool:
    times = [image.record.captured_at for image in images]
    known = [time for time in times if time]
    return len(known) == len(times) and known == sorted(known)


def _numbers_rise(images: list[CheckedImage]) -> bool:
    """One folder, one pattern of names, no times that contradict it."""
    if any(image.record.captured_at for image in images):
        return False
    matches = [_NUMBERED.fullmatch(image.record.name) for image in images]
    if not all(matches):
        return False
    parts = [match.groups() for match in matches if match]
    numbers = [int(number) for _, number, _ in parts]
    return len({(before, after) for before, _, after in parts}) == 1 and numbers == sorted(numbers)


def _flows(images: list[CheckedImage]) -> bool:
    """Nearly always the next photo is among those that look most alike, by correlation of thumbnails."""
    thumbnails = np.stack([image.thumbnail for image in images if image.thumbnail is not None])
    flat = thumbnails.reshape(len(thumbnails), -1).astype(np.float64)
    flat -= flat.mean(axis=1, keepdims=True)
    flat /= np.linalg.norm(flat, axis=1, keepdims=True) + 1e-9
    others = np.arange(0, len(flat), math.ceil(len(flat) / _MOST_COMPARED))
    similarity = flat[:-1] @ flat[others].T  # [N - 1, others]
    similarity[others[None, :] == np.arange(len(flat) - 1)[:, None]] = -np.inf  # not with itself
    following = (flat[:-1] * flat[1:]).sum(axis=1)
    more_alike = (similarity > following[:, None] + 1e-9).mean(axis=1)
    return bool(np.mean(more_alike < _NEAREST_PART) >= _STEPS_THAT_AGREE)
