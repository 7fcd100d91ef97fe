"""Masks without the black bars at the edges of a film, whose pictures have another shape than its frame."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
from PIL import Image

from components.ingest.photos.check_image import CheckedImage

_MIN_FRAMES = 3
_BLACK = 16
"""Levels of 255 that no pixel of a bar exceeds in a preview, in any frame: the bar's edge rings in it."""
_MIXED = 2
"""Rows of a preview beside a bar: shrinking and encoding blur its edge."""
_CONTENT, _MIN_CONTENT = 32, 0.7
"""Beside a bar most pixels are brighter than this on average; around a thing on black they are not."""


def mask_bars(frames: list[CheckedImage], folder: Path) -> list[str]:
    """Give the frames of a film masks in `folder` without its bars; a note for the photographer."""
    flat = [frame for frame in frames if frame.info.is_accepted and not (frame.sphere or frame.circle)]
    previews = [frame.preview.pixels for frame in flat if frame.preview]
    if len(previews) < _MIN_FRAMES or len({preview.shape for preview in previews}) > 1:
        return []
    brightest, mean = np.max(previews, axis=0), np.mean(previews, axis=0)
    rows, columns = _inside(brightest, mean), _inside(brightest.T, mean.T)
    height, width = brightest.shape
    if (rows, columns) == ((0, height), (0, width)):
        return []
    for index, frame in enumerate(flat):
        used = np.zeros((frame.info.height, frame.info.width), np.uint8)
        used[_scaled(rows, len(used) / height), _scaled(columns, used.shape[1] / width)] = 255
        frame.mask_path = folder / f"{index:06d}.png"
        frame.update(masked_fraction=float((used == 0).mean()))
        Image.fromarray(used).save(frame.mask_path)
    fraction = flat[0].info.masked_fraction
    return [f"The film has black bars at its edges, {fraction:.0%} of its pictures, which were left out."]


def _inside(brightest: np.ndarray, mean: np.ndarray) -> tuple[int, int]:
    """The first row of a preview between the bars, and the one behind the last."""
    is_content = brightest.max(axis=1) > _BLACK
    if not is_content.any():
        return 0, len(is_content)
    before, behind = int(np.argmax(is_content)), int(np.argmax(is_content[::-1]))
    return _width_of_bar(before, mean), len(is_content) - _width_of_bar(behind, mean[::-1])


def _width_of_bar(black: int, mean: np.ndarray) -> int:
    """Rows to leave out, with those where bar and picture mix; 0 where no bar ends at this row."""
    beside = mean[min(black + _MIXED, len(mean) - 1)]
    return black + _MIXED if black and (beside > _CONTENT).mean() >= _MIN_CONTENT else 0


def _scaled(inside: tuple[int, int], scale: float) -> slice:
    return slice(math.ceil(inside[0] * scale), math.floor(inside[1] * scale))
