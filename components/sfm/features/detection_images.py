"""Gray images for feature detection, made from the original photos."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from PIL import Image

from components.shared.scene import fitted_size


def detection_size(width: int, height: int, *, max_side_px: int, enlargement: float) -> tuple[int, int]:
    """Width and height at which features of a photo are detected: small photos are enlarged."""
    return fitted_size(round(width * enlargement), round(height * enlargement), max_side_px)


def write_detection_image(photo: Path, target: Path, size: tuple[int, int]) -> np.ndarray:
    """Write the luminance of `photo` at `size`, width and height; return its colors [H, W, 3], uint8 sRGB."""
    with Image.open(photo) as image:
        # JPEG: decode at a half, quarter or eighth; `box` leaves out what lies beyond the original's border.
        _, box = image.draft(None, size) or (None, None)
        rgb = image.convert("RGB")
    if rgb.size != size or box is not None:
        enlarges = rgb.width < size[0]
        rgb = rgb.resize(size, Image.Resampling.BICUBIC if enlarges else Image.Resampling.LANCZOS, box)
    rgb.convert("L").save(target)
    return np.asarray(rgb)
