"""Resampling of an image at arbitrary positions, as lenses and projections need it."""

from __future__ import annotations

import numpy as np
from PIL import Image


def packed(image: Image.Image) -> np.ndarray:
    """The pixels as `resample` takes them: uint32 [H, W], one value to gather for each."""
    return np.asarray(image.convert("RGBX")).view(np.uint32)[..., 0]


def resample(
    image: np.ndarray,
    positions: np.ndarray,
    scale: tuple[float, float] = (1.0, 1.0),
    samples: int = 1,
    *,
    is_closed: bool = False,
) -> np.ndarray:
    """Values of a `packed` image at `positions` [H, W, 2] float32, uint8 [H, W, 3].

    Positions, x and y, times `scale` are in the image's pixels.
    Each is the mean of `samples` x `samples` bilinear samples, spread over what the pixel covers of `image`.
    Pixel centres are at .5. Outside, the border continues; an image that `is_closed` continues at its other
    side, as all around the horizon. Threads run it side by side: it does not hold Python's lock.
    """
    offsets = (np.arange(samples, dtype=np.float32) + np.float32(0.5)) / np.float32(samples) - np.float32(0.5)
    result = np.empty((*positions.shape[:2], 3), np.uint8)
    from components.shared.resample_kernels import fill  # takes half a second, and most captures need none

    fill(image, positions, np.array(scale, np.float32), offsets, is_closed, result)
    return result


if __name__ == "__main__":  # compiles the kernel into numba's cache
    resample(packed(Image.new("RGB", (2, 2))), np.zeros((2, 2, 2), np.float32))
