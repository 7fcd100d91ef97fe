"""Render flat views of a 360° photo, and of its mask."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image

from components.ingest.panorama.views import Direction, focal_px, side_px
from components.ingest.photos.sphere import Sphere
from components.shared.resample import packed, resample

_MIN_COVERED = 0.5
"""Fraction of a view that a partial 360° photo must show."""
_MIN_USED = 0.02
"""Fraction of a view that its mask must leave."""


@dataclass(frozen=True, slots=True)
class Rendered:
    """One view.

    pixels: uint8 [H, W, 3]. used: bool [H, W], False where the 360° photo shows nothing or is masked; None
    where all of it is used.
    """

    direction: Direction
    pixels: np.ndarray
    used: np.ndarray | None


class Panorama:
    """A decoded 360° photo with its mask, bool [H, W], True where it is used; None: everywhere."""

    def __init__(self, path: Path, sphere: Sphere, mask: np.ndarray | None) -> None:
        self._sphere, self._mask, self._side = sphere, mask, side_px(sphere)
        ratio = sphere.width / (2 * np.pi) / focal_px(self._side)  # of pixels in the middle of the view
        self._factor = max(1, int(ratio))  # so many are averaged exactly, the rest by samples
        self._samples = max(1, round(ratio / self._factor))
        with Image.open(path) as image:
            self._size = image.size
            rgb = image.convert("RGB")
        self._pixels = packed(rgb.reduce(self._factor) if self._factor > 1 else rgb)

    def render(self, direction: Direction) -> Rendered | None:
        """One view; None where the photo shows less than half of it, or its mask leaves nothing of it."""
        rotation = direction.cam_from_rig @ self._sphere.level_from_picture
        positions = self._sphere.project(_rays(self._side, rotation))
        is_closed = self._sphere.is_closed(self._size[0])
        if not is_closed:
            positions[..., 0] %= self._sphere.width
        covered, used = self._covered_and_used(positions, is_closed)
        if covered.mean() < _MIN_COVERED or used.mean() < _MIN_USED:
            return None
        pixels = resample(self._pixels, positions / self._factor, samples=self._samples, is_closed=is_closed)
        return Rendered(direction, pixels, None if used.all() else used)

    def _covered_and_used(self, positions: np.ndarray, is_closed: bool) -> tuple[np.ndarray, np.ndarray]:
        """Whether the photo shows what is at `positions`, and whether its mask leaves it: bool [H, W]."""
        width, height = self._size
        x, y = np.floor(positions[..., 0]).astype(int), np.floor(positions[..., 1]).astype(int)
        x = x % width if is_closed else x
        inside = (x >= 0) & (x < width) & (y >= 0) & (y < height)
        if self._mask is None:
            return inside, inside
        return inside, inside & self._mask[y.clip(0, height - 1), x.clip(0, width - 1)]


def _rays(side: int, rotation: np.ndarray) -> np.ndarray:
    """Rays [side, side, 3] float32 through the pixels of a view, in the frame from which `rotation` turns."""
    across = ((np.arange(side) + 0.5 - side / 2) / focal_px(side))[:, None]
    right, down, ahead = rotation
    rays = (across * right)[None] + (across * down + ahead)[:, None]
    return np.asarray(rays.astype(np.float32))
