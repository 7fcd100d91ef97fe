"""Images embedded in the page as data URIs."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from PIL import Image, ImageOps

from components.evaluate.encode_images import data_uri, encode_webp
from components.shared.reading import DAMAGED_PHOTO, reading

ERROR_FULL_SCALE = 0.25
"""Mean absolute error, in [0, 1], of the brightest colour."""

_PANEL_QUALITY, _THUMBNAIL_QUALITY = 80, 60
_THUMBNAIL_PX = 112
_MASKED = (112, 112, 118)
_HEAT = np.array([(8, 8, 20), (66, 10, 104), (147, 38, 103), (221, 81, 58), (252, 165, 10), (252, 255, 164)])
"""Colour map inferno at even steps: perceptually uniform, also for colour-blind readers."""


def image_uri(image: np.ndarray, turns: int = 0) -> str:
    """An image, uint8 [H, W, 3], rotated by `turns` × 90° counterclockwise."""
    return data_uri(encode_webp(np.ascontiguousarray(np.rot90(image, turns)), _PANEL_QUALITY))


def heat_map(error: np.ndarray) -> np.ndarray:
    """Colours, uint8 [H, W, 3], of an error [H, W]; brightest from `ERROR_FULL_SCALE` on, gray for NaN."""
    position = np.clip(np.nan_to_num(error) / ERROR_FULL_SCALE, 0.0, 1.0) * (len(_HEAT) - 1)
    steps = np.arange(len(_HEAT))
    channels = [np.interp(position, steps, _HEAT[:, channel]) for channel in range(3)]
    colors = np.asarray(np.round(np.stack(channels, axis=-1)), np.uint8)
    colors[np.isnan(error)] = _MASKED
    return colors


def heat_gradient() -> str:
    """The colour map as stops of a CSS gradient."""
    return ", ".join(f"rgb({r} {g} {b})" for r, g, b in _HEAT)


def thumbnail_uri(path: Path, turns: int = 0) -> str:
    """A photo with a longer side of `_THUMBNAIL_PX`, rotated by `turns` × 90° counterclockwise."""
    with reading(path, remedy=DAMAGED_PHOTO), Image.open(path) as image:
        image.draft("RGB", (2 * _THUMBNAIL_PX, 2 * _THUMBNAIL_PX))  # JPEG decodes at a reduced size
        small = ImageOps.contain(image.convert("RGB"), (_THUMBNAIL_PX, _THUMBNAIL_PX))
    return data_uri(encode_webp(np.rot90(np.asarray(small), turns), _THUMBNAIL_QUALITY))
