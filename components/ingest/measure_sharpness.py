"""How sharp a photo is, as a figure that compares within one capture."""

from __future__ import annotations

import numpy as np
from PIL import Image

from components.shared.scene import fitted_size

LONG_SIDE_PX = 1600
"""Sharpness matters at the size that training looks at; above it, it is mostly noise."""


def luminance(image: Image.Image, max_side_px: int = LONG_SIDE_PX) -> np.ndarray:
    """Decode the whole image and shrink it, as float32 [H, W] in units of its own.

    Every bit of a JPEG is read; its pixels are made at a half, quarter or eighth where that is enough.
    """
    image.draft("L", fitted_size(image.width, image.height, max_side_px))
    image.load()
    deep = image.mode.startswith(("I", "F"))
    gray = Image.fromarray(np.asarray(image, np.float32)) if deep else image.convert("L")
    size = fitted_size(gray.width, gray.height, max_side_px)
    return np.asarray(gray.resize(size, Image.Resampling.BOX), np.float32)


def measure_sharpness(gray: np.ndarray) -> float | None:
    """How much of the luminance's [H, W] variance lies between neighbours; None for a blank picture.

    Second differences are taken along rows, columns and both diagonals. The least of their four variances,
    over the variance of the picture, does not change with exposure and contrast, and is small for a photo
    that is blurred in one direction only, as a moved camera leaves it. In [0, 16], for photos 0.01 to 0.2.
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
