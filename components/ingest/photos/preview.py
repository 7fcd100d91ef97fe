"""A small grey preview of a photo, by which copies of it are found."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from PIL import Image

from components.shared.scene import fitted_size

PREVIEW_SIDE_PX = 256
_MIN_CONTRAST = 1.0
"""In levels of 255: what encoding leaves of one flat colour is below."""
_NEAR_AN_EXTREME, _TWO_VALUED = 1 / 16, 0.97


@dataclass(frozen=True, slots=True)
class Preview:
    """A photo in grey with a longer side of at most `PREVIEW_SIDE_PX`."""

    pixels: np.ndarray
    """uint8 [H, W], stretched: the darkest pixel is 0 and the brightest 255, or all are 0."""
    contrast: float
    """Standard deviation before the stretch, in the units of the photo."""
    is_two_valued: bool = False
    """Whether nearly all pixels are as dark as the darkest or as bright as the brightest, as in a mask."""

    @property
    def is_blank(self) -> bool:
        """Whether the photo is one flat colour."""
        return self.contrast < _MIN_CONTRAST


def make_preview(gray: np.ndarray) -> Preview:
    """Preview of a photo's luminance, float32 [H, W]."""
    size = fitted_size(gray.shape[1], gray.shape[0], PREVIEW_SIDE_PX)
    # Lanczos: a box aliases differently in copies of other sizes, by as much as a small step of the camera.
    small = np.asarray(Image.fromarray(gray).resize(size, Image.Resampling.LANCZOS))
    low, high = float(small.min()), float(small.max())
    darkest, brightest = float(gray.min()), float(gray.max())
    near = _NEAR_AN_EXTREME * (brightest - darkest)
    is_two_valued = np.mean((gray <= darkest + near) | (gray >= brightest - near)) >= _TWO_VALUED
    stretched = (small - low) * (255.0 / max(high - low, 1e-6))
    return Preview(stretched.round().astype(np.uint8), float(small.std()), bool(is_two_valued))
