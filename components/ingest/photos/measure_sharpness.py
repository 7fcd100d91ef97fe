"""Sharpness of a photo, comparable within one capture."""

from __future__ import annotations

import numpy as np
from PIL import Image

from components.shared.scene import fitted_size

LONG_SIDE_PX = 1600
"""Sharpness is measured at about the resolution of training; above it, it is mostly noise."""


def luminance(image: Image.Image, max_side_px: int = LONG_SIDE_PX) -> np.ndarray:
    """Decode the whole image and shrink it: luminance as float32 [H, W], in the units of the image.

    The whole data of a JPEG is read; its pixels are decoded at 1/2, 1/4 or 1/8 where that is large enough.
    """
    image.draft("L", fitted_size(image.width, image.height, max_side_px))
    image.load()
    deep = image.mode.startswith(("I", "F"))
    gray = Image.fromarray(np.asarray(image, np.float32)) if deep else image.convert("L")
    size = fitted_size(gray.width, gray.height, max_side_px)
    return np.asarray(gray.resize(size, Image.Resampling.BOX), np.float32)


def measure_sharpness(gray: np.ndarray) -> float | None:
    """Variance of second differences over the variance of the luminance [H, W]; None for a blank image.

    The differences are taken along rows, columns and both diagonals, and the least of the four variances
    counts: motion blur lowers only the one in its direction. The ratio does not depend on exposure and
    contrast. It is in [0, 16]; photos have 0.01 to 0.2.
    """
    variance = float(gray.var())
    if min(gray.shape) < 3 or variance < 1e-6:
        return None
    center = 2 * gray[1:-1, 1:-1]
    pairs = (
        (gray[1:-1, :-2], gray[1:-1, 2:]),
        (gray[:-2, 1:-1], gray[2:, 1:-1]),
        (gray[:-2, :-2], gray[2:, 2:]),
        (gray[:-2, 2:], gray[2:, :-2]),
    )
    return min(float((before + after - center).var()) for before, after in pairs) / variance
