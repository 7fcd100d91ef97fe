"""Pictures inside of the page, as data URIs."""

from __future__ import annotations

import base64
from pathlib import Path

import numpy as np
from PIL import Image, ImageOps

from components.evaluate.thumbnail import encode_webp

ERROR_FULL_SCALE = 0.25
"""The mean absolute error that is drawn in the brightest colour."""

_PANEL_QUALITY, _THUMBNAIL_QUALITY = 80, 60
_THUMBNAIL_PX = 112
_MASKED = (112, 112, 118)
_HEAT = np.array([(8, 8, 20), (66, 10, 104), (147, 38, 103), (221, 81, 58), (252, 165, 10), (252, 255, 164)])
"""Inferno, at even steps: equal steps of error look equally large, also to the colour-blind."""


def data_uri(content: bytes, media_type: str = "image/webp") -> str:
    return f"data:{media_type};base64,{base64.b64encode(content).decode('ascii')}"


def picture_uri(image: np.ndarray, turns: int = 0) -> str:
    """uint8 [H, W, 3], turned by so many quarters to the left."""
    return data_uri(encode_webp(np.ascontiguousarray(np.rot90(image, turns)), _PANEL_QUALITY))


def heat(error: np.ndarray) -> np.ndarray:
    """Colours uint8 [H, W, 3] of an error [H, W]; `ERROR_FULL_SCALE` and more is the brightest, NaN gray."""
    place = np.clip(np.nan_to_num(error) / ERROR_FULL_SCALE, 0.0, 1.0) * (len(_HEAT) - 1)
    steps = np.arange(len(_HEAT))
    channels = [np.interp(place, steps, _HEAT[:, channel]) for channel in range(3)]
    colors = np.asarray(np.round(np.stack(channels, axis=-1)), np.uint8)
    colors[np.isnan(error)] = _MASKED
    return colors


def heat_gradient() -> str:
    """The colours as stops of a CSS gradient."""
    return ", ".join(f"rgb({r} {g} {b})" for r, g, b in _HEAT)


def thumbnail_uri(path: Path, turns: int = 0) -> str:
    """A photo at the size of a stamp."""
    with Image.open(path) as image:
        image.draft("RGB", (2 * _THUMBNAIL_PX, 2 * _THUMBNAIL_PX))  # lets JPEG decode a smaller picture
        small = ImageOps.contain(image.convert("RGB"), (_THUMBNAIL_PX, _THUMBNAIL_PX))
    return data_uri(encode_webp(np.rot90(np.asarray(small), turns), _THUMBNAIL_QUALITY))
