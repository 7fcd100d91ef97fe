"""Find photos of one shot by content: copies in other formats, sizes, tones and orientations, and bursts."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cached_property

import numpy as np
from PIL import Image

from components.ingest.compare.measure_difference import MIN_SIDE_PX, Difference, distance, measure_difference
from components.ingest.photos.preview import Preview
from components.shared.scene import fitted_size

_MIN_SIMILARITY, _MIN_SIMILARITY_TURNED = 0.93, 0.9
"""Of descriptors, and of thumbnails in one orientation: photos of a bracket have 0.94 and 0.9."""
_MAX_MEASURED = 8
"""Of the kept photos that look like one, so many are measured, the most similar first."""
_COARSE_PX, _MAX_COARSE_SHIFT, _MAX_COARSE_UNMATCHED = 64, 0.03, 0.3
"""A first look at this size rules most neighbours of a walk out, in a tenth of the time. Clipped highlights
of a bracket look like a shift of 0.02."""
_THUMBNAIL_PX, _FREQUENCIES = 32, 8


def find_twins(previews: Sequence[Preview], always_kept: int = 0) -> dict[int, int]:
    """For the index of each photo that shows the same shot as one before it, the index of that one.

    previews: the photos in the order in which they are preferred.
    always_kept: so many of the first photos are not compared with each other.

    A photo is compared with those that are kept, not with other copies: in a slow walk, in which each photo
    is almost the one before, not all become copies of the first. No two of the remaining photos are twins.
    """
    stored = [_Oriented(preview.pixels) for preview in previews]
    descriptors = np.array([_descriptor(each.thumbnail) for each in stored], np.float32)
    kept = np.zeros(len(previews), bool)
    twins = {}
    for index, preview in enumerate(previews):
        similarity = np.where(kept[:index], descriptors[:index] @ descriptors[index], -1.0)
        candidates = [] if index < always_kept or preview.is_blank else _best(similarity)
        turned = _turned(preview) if candidates else []
        for other in candidates:
            if _is_same_shot(stored[other], turned):
                twins[index] = other
                break
        else:
            kept[index] = not preview.is_blank
    return twins


def measure_turned(first: Preview, second: Preview, max_side_px: int | None = None) -> Iterator[Difference]:
    """Differences of the second photo from the first, in each orientation in which they look alike."""
    return _measure_alike(_Oriented(first.pixels), _turned(second), max_side_px)


class _Oriented:
    """A preview in one orientation; its thumbnail is made once, if it is needed."""

    def __init__(self, pixels: np.ndarray) -> None:
        self.pixels = pixels

    @cached_property
    def thumbnail(self) -> np.ndarray:
        return _thumbnail(self.pixels)


def _turned(preview: Preview) -> list[_Oriented]:
    return [_Oriented(pixels) for pixels in _orientations(preview.pixels)]


def _measure_alike(
    first: _Oriented, second: Sequence[_Oriented], max_side_px: int | None
) -> Iterator[Difference]:
    for turned in second:
        if min(turned.pixels.shape) < MIN_SIDE_PX:
            continue
        if float((first.thumbnail * turned.thumbnail).sum()) >= _MIN_SIMILARITY_TURNED:
            yield _measure(first.pixels, turned.pixels, max_side_px)


def _is_same_shot(first: _Oriented, second: Sequence[_Oriented]) -> bool:
    return any(_may_be_small(difference) for difference in _measure_alike(first, second, _COARSE_PX)) and any(
        distance(difference) <= 1.0 for difference in _measure_alike(first, second, None)
    )


def _may_be_small(coarse: Difference) -> bool:
    return coarse.shift <= _MAX_COARSE_SHIFT and coarse.unmatched <= _MAX_COARSE_UNMATCHED


def _measure(first: np.ndarray, second: np.ndarray, max_side_px: int | None) -> Difference:
    width, height = fitted_size(first.shape[1], first.shape[0], max_side_px)
    return measure_difference(_resized(first, (height, width)), _resized(second, (height, width)))


def _best(similarity: np.ndarray) -> list[int]:
    found = np.flatnonzero(similarity >= _MIN_SIMILARITY)
    return [int(index) for index in found[np.argsort(-similarity[found], kind="stable")][:_MAX_MEASURED]]


def _thumbnail(pixels: np.ndarray) -> np.ndarray:
    """The photo squeezed into a square, with mean 0 and norm 1: float32 [32, 32]."""
    square = _resized(pixels, (_THUMBNAIL_PX, _THUMBNAIL_PX))
    square = square - square.mean()
    return np.asarray(square / (np.linalg.norm(square) + 1e-6))


def _descriptor(thumbnail: np.ndarray) -> np.ndarray:
    """The lowest frequencies of the photo [64], equal for all 8 orientations, with norm 1.

    Turning and mirroring a square only exchange rows and columns of its cosine transform and change signs.
    """
    waves = np.arange(_FREQUENCIES)[:, None] * (np.arange(_THUMBNAIL_PX) + 0.5) / _THUMBNAIL_PX
    cosines = np.cos(np.pi * waves)
    strengths = np.abs(cosines @ thumbnail @ cosines.T)
    larger, smaller = np.maximum(strengths, strengths.T), np.minimum(strengths, strengths.T)
    ordered = np.triu(larger) + np.tril(smaller, -1)
    return np.asarray(ordered.ravel() / (np.linalg.norm(ordered) + 1e-9))


def _orientations(pixels: np.ndarray) -> Iterator[np.ndarray]:
    """As stored, and with each of EXIF's other 7 orientations."""
    for mirrored in (pixels, pixels[:, ::-1]):
        for turns in range(4):
            yield np.rot90(mirrored, turns)


def _resized(pixels: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
    if pixels.shape == shape:
        return np.asarray(pixels, np.float32)
    image = Image.fromarray(np.ascontiguousarray(pixels, np.float32))
    return np.asarray(image.resize((shape[1], shape[0]), Image.Resampling.BICUBIC))
