"""Find cropped copies: photos whose whole content is a part of another photo."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product

import numpy as np
from PIL import Image

from components.ingest.compare.measure_difference import (
    MIN_SIDE_PX,
    Difference,
    distance,
    fit_motion,
    measure_difference,
)

_SEARCH_PX, _SMALLEST, _SCALE_STEP = 64, 0.45, 1.03
_MIN_CORRELATION = 0.8
_REFINEMENTS = 4
_MIN_SIMILARITY, _MAX_MEASURED, _MAX_COMPARED = 0.6, 4, 300_000
_MAX_ENLARGEMENT = 1.005
"""A crop shows nothing larger than its original; before a flat wall, a camera that came closer does."""
_FLAT = 12
"""Levels of 255 between the darkest and brightest pixel of a row or column of a border."""
_THUMBNAIL_PX, _SUMMED_PX = 8, 64
_SCALES, _PLACES = (1.0, 0.92, 0.84, 0.76, 0.68, 0.6, 0.52), (0.0, 0.25, 0.5, 0.75, 1.0)


@dataclass(frozen=True, slots=True)
class _Window:
    """A part of a photo, as fractions of its width and height."""

    left: float
    top: float
    right: float
    bottom: float

    def cut(self, pixels: np.ndarray, shape: tuple[int, int]) -> np.ndarray:
        """This part of `pixels` [H, W], resampled to `shape`: float32."""
        height, width = pixels.shape
        box = (self.left * width, self.top * height, self.right * width, self.bottom * height)
        image = Image.fromarray(np.asarray(pixels, np.float32))
        return np.asarray(image.resize((shape[1], shape[0]), Image.Resampling.LANCZOS, box=box))

    def moved(self, motion: np.ndarray, shape: tuple[int, int]) -> _Window:
        """After a motion [6] in pixels of a cut of this shape, see `fit_motion`; kept inside the photo."""
        height, width = shape
        x, y = (self.right - self.left) / width, (self.bottom - self.top) / height
        across, down = motion[2], motion[5] * height / width
        edges = (
            self.left + x * (motion[0] - across),
            self.top + y * (motion[1] - down),
            self.right + x * (motion[0] + across),
            self.bottom + y * (motion[1] + down),
        )
        return _Window(*(float(min(1.0, max(0.0, edge))) for edge in edges))

    @property
    def is_large(self) -> bool:
        return min(self.right - self.left, self.bottom - self.top) > 0.3


@dataclass(frozen=True, slots=True)
class Crop:
    """A photo beside the part of another that it shows."""

    difference: Difference
    enlargement: float
    """Pixels of the photo to one of that part, along a side."""


def measure_as_crop(whole: np.ndarray, part: np.ndarray) -> Crop | None:
    """How `part` differs from the part of `whole` that looks most like it; None if none does.

    whole, part: grey photos [H, W] as `Preview` has them, equally oriented.
    """
    window = _search(whole, part)
    if window is None:
        return None
    for side in (_SEARCH_PX, 128, max(part.shape)):
        shape = _fitted(part.shape, min(side, max(part.shape)))
        if min(shape) < MIN_SIDE_PX:
            return None
        small = _Window(0, 0, 1, 1).cut(part, shape)
        for _ in range(_REFINEMENTS):
            window = window.moved(fit_motion(window.cut(whole, shape), small), shape)
            if not window.is_large:
                return None
    enlargement = part.shape[1] / ((window.right - window.left) * whole.shape[1])
    return Crop(measure_difference(window.cut(whole, shape), small), enlargement)


def _scale(photo: np.ndarray, size: tuple[int, int]) -> float:
    """Pixels of the whole photo to one of its grey copy."""
    return max(size) / max(photo.shape)


def find_crops(photos: Sequence[np.ndarray], sizes: Sequence[tuple[int, int]]) -> dict[int, int]:
    """For the index of each photo that is a part of one before it, the index of that one.

    photos: upright grey photos [H, W] in the order in which they are preferred.
    sizes: width and height of the whole photos in pixels. Photos of one size are not compared: a crop has
    another size than its original, and a camera that came closer has not.
    """
    shapes = [tuple(sorted(size)) for size in sizes]
    parts = [index for index, shape in enumerate(shapes) if set(shapes[:index]) - {shape}]
    if len(parts) * len(photos) > _MAX_COMPARED:
        return {}
    contents = [_without_border(photo) for photo in photos]
    index = _CropIndex(photos) if parts else None
    crops: dict[int, int] = {}
    for part in parts:
        assert index is not None
        similarity = index.similarity(contents[part])
        allowed = [whole not in crops and shapes[whole] != shapes[part] for whole in range(part)]
        similarity = np.where(allowed, similarity[:part], -1.0)
        for whole in np.argsort(-similarity, kind="stable")[:_MAX_MEASURED]:
            if similarity[whole] < _MIN_SIMILARITY:
                break
            found = measure_as_crop(photos[whole], contents[part])
            scale = _scale(photos[part], sizes[part]) / _scale(photos[whole], sizes[whole])
            if found and found.enlargement * scale <= _MAX_ENLARGEMENT and distance(found.difference) <= 1.0:
                crops[part] = int(whole)
                break
    return crops


def has_border(photo: np.ndarray) -> bool:
    """Whether a grey photo [H, W] has edges of one flat colour, as screenshots have."""
    return _without_border(photo).shape != photo.shape


def _without_border(photo: np.ndarray) -> np.ndarray:
    """The photo without flat rows and columns at its edges; as it is where little would be left."""
    for _ in range(2):  # columns are flat only once rows of another colour are gone, and the reverse
        for axis in (1, 0):
            spread = photo.max(axis=axis).astype(int) - photo.min(axis=axis)
            used = np.flatnonzero(spread > _FLAT)
            if len(used) < 2 * MIN_SIDE_PX:
                return photo
            first, last = int(used[0]), int(used[-1]) + 1
            # The pixels beside a border are mixtures of both.
            cut = slice(first + 2 * (first > 0), last - 2 * (last < len(spread)))
            photo = photo[cut] if axis == 1 else photo[:, cut]
    return photo


class _CropIndex:
    """Ranks photos by how well a part of each looks like another photo; linear in the number of photos."""

    def __init__(self, wholes: Sequence[np.ndarray]) -> None:
        everything = _Window(0, 0, 1, 1)
        squares = np.stack([everything.cut(whole, (_SUMMED_PX, _SUMMED_PX)) for whole in wholes])
        self._sums = np.pad(squares.cumsum(axis=1).cumsum(axis=2), ((0, 0), (1, 0), (1, 0)))
        self._aspect = np.array([whole.shape[1] / whole.shape[0] for whole in wholes])

    def similarity(self, part: np.ndarray) -> np.ndarray:
        """Highest correlation of `part` with a window of its shape in each photo [N], at 8 x 8 px."""
        thumbnail = _Window(0, 0, 1, 1).cut(part, (_THUMBNAIL_PX, _THUMBNAIL_PX)).ravel()
        thumbnail = _normalized(thumbnail[None])[0]
        best = np.full(len(self._aspect), -1.0)
        ratio = part.shape[1] / part.shape[0] / self._aspect  # of the part's sides in units of the photo's
        for scale, across, down in product(_SCALES, _PLACES, _PLACES):
            width, height = scale * np.minimum(1.0, ratio), scale * np.minimum(1.0, 1.0 / ratio)
            found = self._windows(across * (1 - width), down * (1 - height), width, height)
            best = np.maximum(best, _normalized(found) @ thumbnail)
        return best

    def _windows(
        self, left: np.ndarray, top: np.ndarray, width: np.ndarray, height: np.ndarray
    ) -> np.ndarray:
        """Thumbnails [N, 64] of one window of each photo, in fractions of its sides [N]."""
        grid = np.arange(_THUMBNAIL_PX + 1) / _THUMBNAIL_PX
        x = np.rint(_SUMMED_PX * (left[:, None] + grid * width[:, None])).astype(int)
        y = np.rint(_SUMMED_PX * (top[:, None] + grid * height[:, None])).astype(int)
        corners = self._sums[np.arange(len(x))[:, None, None], y[:, :, None], x[:, None, :]]
        areas = np.diff(y, axis=1)[:, :, None] * np.diff(x, axis=1)[:, None, :]
        means = np.diff(np.diff(corners, axis=1), axis=2) / np.maximum(areas, 1)
        return np.asarray(means.reshape(len(x), -1))


def _normalized(rows: np.ndarray) -> np.ndarray:
    rows = rows - rows.mean(axis=1, keepdims=True)
    return np.asarray(rows / (np.linalg.norm(rows, axis=1, keepdims=True) + 1e-6))


def _search(whole: np.ndarray, part: np.ndarray) -> _Window | None:
    """The window of `whole` with the highest normalized correlation with `part`, over places and scales."""
    everything = _Window(0, 0, 1, 1)
    shape = _fitted(whole.shape, _SEARCH_PX)
    image = everything.cut(whole, shape).astype(np.float64)
    image -= image.mean()
    spectrum = np.fft.rfft2(image)
    best, window = _MIN_CORRELATION, None
    scale = min(shape[0] / part.shape[0], shape[1] / part.shape[1])
    for factor in 1.0 / _SCALE_STEP ** np.arange(np.log(1 / _SMALLEST) / np.log(_SCALE_STEP)):
        size = (round(part.shape[0] * scale * factor), round(part.shape[1] * scale * factor))
        if min(size) < 12:
            break
        template = everything.cut(part, size).astype(np.float64)
        template = (template - template.mean()) / (np.linalg.norm(template - template.mean()) + 1e-9)
        found = np.fft.irfft2(spectrum * np.conj(np.fft.rfft2(template, shape)), shape)
        rows, columns = shape[0] - size[0] + 1, shape[1] - size[1] + 1
        score = found[:rows, :columns] / _spread(image, size)
        place = np.unravel_index(np.argmax(score), score.shape)
        if score[place] > best:
            best, (top, left) = float(score[place]), (int(place[0]), int(place[1]))
            window = _Window(
                left / shape[1], top / shape[0], (left + size[1]) / shape[1], (top + size[0]) / shape[0]
            )
    return window


def _spread(image: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """Norm of each window of `image` of this size about its mean, from sums along rows and columns."""

    def sums(values: np.ndarray) -> np.ndarray:
        table = np.pad(values.cumsum(axis=0).cumsum(axis=1), ((1, 0), (1, 0)))
        rows, columns = size
        return np.asarray(
            table[rows:, columns:]
            - table[:-rows, columns:]
            - table[rows:, :-columns]
            + table[:-rows, :-columns]
        )

    variance = sums(image**2) - sums(image) ** 2 / (size[0] * size[1])
    return np.sqrt(np.maximum(variance, 1e-3))


def _fitted(shape: tuple[int, ...], side: int) -> tuple[int, int]:
    factor = side / max(shape)
    return max(1, round(shape[0] * factor)), max(1, round(shape[1] * factor))
