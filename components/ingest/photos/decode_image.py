"""Decode a photo of any mode and depth to colours and transparency; colours stay in their own space."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from PIL import Image

from components.ingest.color.rgb_spaces import RgbSpace
from components.ingest.photos.deep_pixels import is_deep, read_deep, read_heif_16_bits, sample_bits
from components.ingest.photos.value_range import (
    FULL_RANGE,
    Kind,
    Levels,
    choose_levels,
    kind_of,
    measure_range,
    scale,
)

_CONVERTED_MODES = {
    "1": ("L", "1 bit to 8"),
    "P": ("RGB", "palette to RGB"),
    "PA": ("RGBA", "palette to RGB"),
    "La": ("LA", ""),
    "RGBa": ("RGBA", ""),
    "RGBX": ("RGB", ""),
    "YCbCr": ("RGB", "YCbCr to RGB"),
    "HSV": ("RGB", "HSV to RGB"),
}
"""Target mode, and what is done in words, by Pillow's mode; other modes are decoded as they are."""
_TRANSPARENT = {"L": "LA", "P": "RGBA", "RGB": "RGBA", "1": "LA"}


@dataclass(slots=True)
class DecodedImage:
    """Pixels in the colour space that the file declares.

    color: an image of mode L, RGB, CMYK or LAB, or of deep photos uint16 [H, W] or [H, W, 3] over the full
    range. alpha: mode L; None where the photo has no alpha channel. changes: as in `CaptureImage.changes`.
    """

    color: Image.Image | np.ndarray
    alpha: Image.Image | None
    changes: list[str] = field(default_factory=list)


def color_mode(image: Image.Image) -> str:
    """The mode of the colours that `decode_image` will return: L, RGB, CMYK or LAB."""
    if image.mode.startswith(("I", "F")):
        return "L"
    mode = _CONVERTED_MODES.get(image.mode, (image.mode,))[0]
    return {"LA": "L", "RGBA": "RGB"}.get(mode, mode)


def decode_image(
    image: Image.Image, path: Path, space: object, levels: Mapping[Kind, Levels]
) -> DecodedImage:
    """Decode an opened image.

    space: what the file declares; None if nothing. levels: those of the capture, by kind.

    Raises:
        UnsupportedPixelsError: no reader decodes them right.
    """
    if is_deep(image):
        decoded = _decode_deep(image, path, space, levels)
    elif image.format == "HEIF" and isinstance(space, RgbSpace) and space.is_hdr and sample_bits(image) > 8:
        decoded = DecodedImage(read_heif_16_bits(path), None, [f"{sample_bits(image)} bits to 8"])
    else:
        decoded = _decode_8_bits(image)
    if _has_several_pictures(image):
        decoded.changes.insert(
            0, "picture behind its preview" if image.tell() else "first of several pictures"
        )
    return decoded


def has_full_range(image: Image.Image, space: object) -> bool:
    """Whether the file has 16 bits and declares a colour space: those of editors use the whole range."""
    declared = space is not None or bool(image.info.get("icc_profile")) or "srgb" in image.info
    return declared and sample_bits(image) == 16


def _has_several_pictures(image: Image.Image) -> bool:
    try:
        return int(getattr(image, "n_frames", 1)) > 1
    except Exception:  # the first picture is whole; readers of the others raise many types on damaged data
        return True


def _decode_deep(
    image: Image.Image, path: Path, space: object, levels: Mapping[Kind, Levels]
) -> DecodedImage:
    is_full = has_full_range(image, space)
    values, alpha = read_deep(image, path)
    chosen = FULL_RANGE if is_full else levels.get(kind_of(values)) or _own_levels(values)
    scaled = scale(values, chosen)
    shown = None if alpha is None else Image.fromarray((alpha >> 8).astype(np.uint8))
    finite = np.isfinite(values).all(axis=2)
    if shown is None and not finite.all():
        shown = Image.fromarray(finite.astype(np.uint8) * 255)
    return DecodedImage(scaled[..., 0] if scaled.shape[2] == 1 else scaled, shown, [chosen.words])


def _own_levels(values: np.ndarray) -> Levels:
    measured = measure_range(values)
    if measured is None:
        raise ValueError("none of its pixels has a value: all are NaN or infinite")
    return choose_levels(kind_of(values), measured)


def _decode_8_bits(image: Image.Image) -> DecodedImage:
    bits = sample_bits(image)
    image.load()
    changes = [f"{bits} bits to 8"] if bits > 8 else []
    mode, words = _CONVERTED_MODES.get(image.mode, (image.mode, ""))
    if words:
        changes.append(words)
    if "transparency" in image.info:
        mode = _TRANSPARENT.get(image.mode, mode)
    pixels = image if image.mode == mode else image.convert(mode)
    if mode in ("LA", "RGBA"):
        return DecodedImage(pixels.convert(mode[:-1]), pixels.getchannel("A"), changes)
    return DecodedImage(pixels, None, changes)
