"""Transparent photos: a mask of what is visible, and colours for what is not."""

from __future__ import annotations

import numpy as np
from PIL import Image

from components.shared.scene import fitted_size

MIN_ALPHA = 128
"""Pixels of at least this alpha of 255 are used; all others are masked."""
MIN_VISIBLE = 0.02
"""Photos of which less is visible are of no use."""
_FILL_SIDE_PX = 256
_MID_GRAY = 128.0


def visible_mask(alpha: Image.Image) -> Image.Image:
    """255 where a photo is used, 0 where it is ignored, of its alpha channel; both of mode L."""
    return alpha.point([255 if value >= MIN_ALPHA else 0 for value in range(256)])


def fill_transparent(color: Image.Image, mask: Image.Image) -> Image.Image:
    """`color` (L or RGB) with other colours where `mask` (L) is 0: smooth ones, spread from what is visible.

    What transparency hides is often black or left over from editing: its edge would yield features, and it
    would show in training at the rim of what is visible.
    """
    size = fitted_size(color.width, color.height, _FILL_SIDE_PX)
    visible = Image.composite(color, Image.new(color.mode, color.size), mask)
    total = np.asarray(visible.resize(size, Image.Resampling.BOX), np.float32).reshape(*size[::-1], -1)
    weight = np.asarray(mask.resize(size, Image.Resampling.BOX), np.float32)[..., None] / 255
    spread = _spread(total, weight).clip(0, 255).round().astype(np.uint8)
    small = Image.fromarray(spread[..., 0] if color.mode == "L" else spread)
    return Image.composite(color, small.resize(color.size, Image.Resampling.BILINEAR), mask)


def _spread(total: np.ndarray, weight: np.ndarray) -> np.ndarray:
    """Mean colours [H, W, C] of weighted sums [H, W, C] and weights [H, W, 1].

    Where there is no weight, the colours are those of a coarser level.
    """
    if min(weight.shape[:2]) == 1 or weight.min() > 0:
        mean = total.sum((0, 1)) / weight.sum() if weight.any() else np.full(total.shape[2], _MID_GRAY)
        return np.where(weight > 0, total / np.maximum(weight, 1e-6), mean)
    coarse = _spread(_halve(total), _halve(weight))
    height, width, channels = total.shape
    finer = np.stack([_enlarge(coarse[..., channel], width, height) for channel in range(channels)], axis=-1)
    trust = np.minimum(weight, 1.0)  # a colour with little weight is noisy
    return np.asarray(trust * (total / np.maximum(weight, 1e-6)) + (1 - trust) * finer)


def _halve(values: np.ndarray) -> np.ndarray:
    """Sums of blocks of 2 x 2, [H, W, C]."""
    padded = np.pad(values, ((0, len(values) % 2), (0, values.shape[1] % 2), (0, 0)))
    return np.asarray(padded[::2, ::2] + padded[1::2, ::2] + padded[::2, 1::2] + padded[1::2, 1::2])


def _enlarge(values: np.ndarray, width: int, height: int) -> np.ndarray:
    doubled = Image.fromarray(values.astype(np.float32)).resize(
        (2 * values.shape[1], 2 * values.shape[0]), Image.Resampling.BILINEAR
    )
    return np.asarray(doubled)[:height, :width]
