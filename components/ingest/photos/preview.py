"""A small grey preview of a photo, by which copies of it are found."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from PIL import Image

from components.shared.scene import fitted_size

PREVIEW_SIDE_PX = 256
_MIN_CONTRAST = 1.0
"""In levels of 255: what encoding leaves of one flat colour is below."""


@dataclass(frozen=True, slots=True)
class Preview:
    """A photo in grey with a longer side of at most `PREVIEW_SIDE_PX`."""

    pixels: np.ndarray
    """uint8 [H, W], stretched: the darkest pixel is 0 and the brightest 255, or all are 0."""
    contrast: float
    """Standard deviation before the stretch, in the units of the photo."""

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
    stretched = (small - low) * (255.0 / max(high - low, 1e-6))
    return Preview(stretched.round().astype(np.uint8), float(small.std()))
