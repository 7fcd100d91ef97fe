"""Recognise how a photo projects the world: flat, as a 360° photo, as a circular fisheye, or as what no stage
can use, such as stitched panoramas.

All would be taken for pictures of a flat camera, and give a scene with wrong cameras.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import Enum

import numpy as np
from PIL import Image

from components.ingest.metadata.read_xmp import read_xmp

REMEDY = (
    "Export 360° photos (equirectangular, twice as wide as high) or flat views of them in the app of the "
    'camera ("reframe", "flat"), or take the photos with a phone or an ordinary lens.'
)
_ENDING = "; only photos of one lens, as of a phone or a camera, and 360° photos can be used"


class Projection(Enum):
    """How a photo projects the world; of those that no stage can use, the value says it."""

    FLAT = ""
    SPHERE = "it is a 360° photo"
    STEREO_SPHERE = "it is a pair of 360° photos for both eyes"
    CYLINDER = "it is a stitched panorama"
    FISHEYE = "it is a picture of a circular fisheye lens"
    TWO_FISHEYES = "it is the raw picture of a 360° camera, two fisheyes that are not stitched yet"

    @property
    def refusal(self) -> str:
        """Why a photo cannot be used; empty where it can."""
        is_usable = self in (Projection.FLAT, Projection.SPHERE, Projection.FISHEYE)
        return "" if is_usable else self.value + _ENDING


@dataclass(frozen=True, slots=True)
class Circle:
    """The picture that a circular fisheye makes: centre and radius in pixels of the photo."""

    x: float
    y: float
    radius: float

    def scaled(self, factor: float) -> Circle:
        return Circle(self.x * factor, self.y * factor, self.radius * factor)


_PROJECTION = re.compile(r"""\w+:ProjectionType\s*(?:=\s*["']|>)\s*(\w+)""")
_STATED = {"equirectangular": Projection.SPHERE, "cylindrical": Projection.CYLINDER}
_HEIGHT_PX = 256
"""Of the shrunk picture that is looked at; half as wide as tall fisheyes, twice for spheres."""
_TEXTURE_LEVELS = 3.0
_MIN_TEXTURED = 0.15
"""Fraction of the rows at the edge where neighbouring columns have texture that can be compared."""
_MIN_NEIGHBOURS_AGREE, _MIN_AGREEMENT, _MAX_STEP = 0.25, 0.3, 2.5
_MAX_POLE_DETAIL = 0.2
_BLACK = 18.0
_MAX_CIRCLE_ERROR = 0.015


def stated_projection(image: Image.Image) -> Projection:
    """What the XMP of a decoded photo says."""
    found = _PROJECTION.search(read_xmp(image))
    return _STATED.get(found[1].lower(), Projection.FLAT) if found else Projection.FLAT


def seen_projection(gray: np.ndarray) -> Projection:
    """What the content says: luminance [H, W] of 0 to 255."""
    if is_sphere(gray):
        return Projection.SPHERE
    if min(gray.shape) < _HEIGHT_PX // 2:
        return Projection.FLAT
    if image_circle(gray):
        return Projection.FISHEYE
    return Projection.TWO_FISHEYES if _is_two_discs(gray) else Projection.FLAT


def is_unusable_lens(reason: str) -> bool:
    """Whether a photo was rejected for its lens."""
    return reason.endswith(_ENDING)


def is_sphere(gray: np.ndarray) -> bool:
    """Whether a picture of exactly 2:1 continues over its left and right edge and shrinks to a point at the
    top and the bottom, as an equirectangular one does.

    Texture is compared, in second differences, so that a plain wall or sky at both edges does not count.
    """
    height, width = gray.shape
    if abs(width - 2 * height) > 1 or height < _HEIGHT_PX // 2:
        return False
    small = _shrunk(gray, (2 * _HEIGHT_PX, _HEIGHT_PX))
    detail = np.abs(np.diff(small, axis=1)).mean(axis=1)  # near the poles, pixels are stretched
    if max(detail[0], detail[-1]) > _MAX_POLE_DETAIL * np.median(detail):
        return False
    steps = np.abs(small - np.roll(small, 1, axis=1)).mean(axis=0)  # the first is over the edges
    if steps[0] > _MAX_STEP * np.median(steps):
        return False
    texture = np.diff(small, n=2, axis=0)  # [H - 2, W]
    neighbours = [_agreement(texture[:, at], texture[:, at + 1]) for at in range(0, 2 * _HEIGHT_PX - 1, 16)]
    across = _agreement(texture[:, -1], texture[:, 0])
    usual = float(np.median(neighbours))
    return usual >= _MIN_NEIGHBOURS_AGREE and across >= _MIN_AGREEMENT * usual


def _agreement(first: np.ndarray, second: np.ndarray) -> float:
    """Mean product of signs where either column has texture: 1 equal, 0 unrelated, or too little texture."""
    textured = np.maximum(np.abs(first), np.abs(second)) > _TEXTURE_LEVELS
    if textured.mean() < _MIN_TEXTURED:
        return 0.0
    return float((np.sign(first) * np.sign(second))[textured].mean())


def _is_two_discs(gray: np.ndarray) -> bool:
    """Whether two discs on black lie side by side."""
    height, width = gray.shape
    halves = gray[:, : width // 2], gray[:, width // 2 :]
    is_double = abs(width - 2 * height) <= 0.1 * height
    return is_double and all(map(_has_black_corners, halves)) and any(map(image_circle, halves))


def image_circle(gray: np.ndarray) -> Circle | None:
    """The circle around the middle at which what is not black ends, which leaves the corners black; None
    where there is no such circle. `gray` is luminance [H, W] of 0 to 255."""
    if not _has_black_corners(gray):
        return None
    scale = _HEIGHT_PX / min(gray.shape)
    small = _shrunk(gray, (round(gray.shape[1] * scale), round(gray.shape[0] * scale)))
    height, width = small.shape
    circle = _fitted_circle(_outline(small))
    if circle is None:
        return None
    x, y, radius = circle.x, circle.y, circle.radius
    is_central = abs(x - width / 2) < 0.1 * _HEIGHT_PX and abs(y - height / 2) < 0.1 * _HEIGHT_PX
    if not is_central or not 0.4 * _HEIGHT_PX < radius < 0.49 * np.hypot(height, width):
        return None
    rows, columns = np.mgrid[0.5:height, 0.5:width]
    outside = small[np.hypot(columns - x, rows - y) > radius * 1.03]
    return circle.scaled(1 / scale) if np.quantile(outside, 0.99) <= _BLACK else None


def _fitted_circle(points: np.ndarray) -> Circle | None:
    """The circle on which most points lie, on all sides; the others lie inside, where the picture is black
    itself. None where there is no such circle."""
    kept = points
    for _ in range(8):
        if len(kept) < max(_HEIGHT_PX // 4, 0.4 * len(points)):
            return None
        design = np.column_stack([kept, np.ones(len(kept))])
        a, b, c = np.linalg.lstsq(design, (kept**2).sum(axis=1), rcond=None)[0]
        x, y, radius = a / 2, b / 2, float(np.sqrt(max(1.0, c + (a**2 + b**2) / 4)))
        distance = np.hypot(points[:, 0] - x, points[:, 1] - y)
        limit = max(_MAX_CIRCLE_ERROR * radius, np.median(np.abs(distance - radius)))
        kept = points[np.abs(distance - radius) <= limit]
    on_circle = points[np.abs(distance - radius) <= _MAX_CIRCLE_ERROR * radius]
    quarters = np.bincount((on_circle > (x, y)) @ (1, 2), minlength=4)
    is_round = quarters.min() >= 0.05 * len(points) and len(on_circle) > 0.5 * len(points)
    return Circle(x, y, radius) if is_round else None


def _has_black_corners(gray: np.ndarray) -> bool:
    count = min(gray.shape) // 32
    ends = slice(0, count), slice(-count, None)
    return max(np.quantile(gray[rows, columns], 0.99) for rows in ends for columns in ends) <= _BLACK


def _outline(small: np.ndarray) -> np.ndarray:
    """Points [P, 2], x and y, of each row's first and last pixel that is not black nor at the frame."""
    bright = small > _BLACK
    rows = np.flatnonzero(bright.any(axis=1))
    first, last = bright[rows].argmax(axis=1), bright.shape[1] - bright[rows, ::-1].argmax(axis=1)
    points = np.concatenate([np.column_stack([first, rows + 0.5]), np.column_stack([last, rows + 0.5])])
    return points[(points[:, 0] > 1) & (points[:, 0] < bright.shape[1] - 1)].astype(np.float64)


def _shrunk(gray: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """Box average at `size`, width and height, float32."""
    image = Image.fromarray(np.ascontiguousarray(gray, dtype=np.float32))
    return np.asarray(image.resize(size, Image.Resampling.BOX))
