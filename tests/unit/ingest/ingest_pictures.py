"""Pictures that are no photos, but are judged like some."""

from __future__ import annotations

import numpy as np
from PIL import Image


def picture(seed: int, width: int = 320, height: int = 240) -> Image.Image:
    """Blotches with fine grain: no two seeds look alike, and every one is sharp."""
    rng = np.random.default_rng(seed)
    blotches = Image.fromarray(rng.integers(40, 216, (12, 16, 3), np.uint8))
    smooth = np.asarray(blotches.resize((width, height), Image.Resampling.BICUBIC), np.int16)
    grain = rng.integers(-30, 31, (height, width, 1), np.int16)
    return Image.fromarray(np.clip(smooth + grain, 0, 255).astype(np.uint8))
