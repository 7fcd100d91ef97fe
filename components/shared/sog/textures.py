"""Textures of a SOG: lossless WebP with one RGBA texel per Gaussian, row by row from the top left."""

from __future__ import annotations

import io
import math

import numpy as np
from PIL import Image, UnidentifiedImageError

from components.shared.errors import InputError
from components.shared.sog.archive import invalid_sog_error

MAX_SIDE = 16383
"""Limit of WebP, in texels."""

_LOSSLESS_OPTIONS = {"method": 3, "quality": 30}
"""Lossless level 3 of libwebp; higher levels take at least twice the time and save 0.1 % of the bytes."""


def texture_size(count: int) -> tuple[int, int]:
    """Width and height for `count` texels: about square, multiples of 4, as splat-transform writes them.

    Raises:
        InputError: the image would exceed WebP's limit.
    """
    width = math.ceil(math.sqrt(count) / 4) * 4
    if width > MAX_SIDE:
        raise InputError(
            f"{count:,} Gaussians need textures of {width:,} texels a side; WebP allows {MAX_SIDE:,}",
            remedy="Train with a lower --max-gaussians, or split the scene.",
        )
    return width, math.ceil(count / width / 4) * 4


def encode_texture(texels: np.ndarray) -> bytes:
    """Lossless WebP of texels uint8 [N, 4], laid out in `texture_size(N)`, or of an image uint8 [H, W, 4]."""
    if texels.ndim == 2:
        width, height = texture_size(len(texels))
        image = np.zeros((height, width, 4), np.uint8)
        image.reshape(-1, 4)[: len(texels)] = texels
        texels = image
    file = io.BytesIO()
    # Without `exact`, libwebp discards the colors of texels with alpha 0.
    Image.fromarray(texels).save(file, "WEBP", lossless=True, exact=True, **_LOSSLESS_OPTIONS)
    return file.getvalue()


def decode_texels(name: str, data: bytes, count: int) -> np.ndarray:
    """The first `count` texels of a WebP image, uint8 [count, 4].

    Raises:
        InputError: the image is damaged, or its size does not fit `count`.
    """
    image = decode_image(name, data, max_texels=2 * count + 4 * MAX_SIDE)
    height, width = image.shape[:2]
    if width * height < count:
        raise invalid_sog_error(f"{name} has {width:,}×{height:,} texels, too few for {count:,} Gaussians")
    return image.reshape(-1, 4)[:count]


def decode_image(name: str, data: bytes, *, max_texels: int) -> np.ndarray:
    """A WebP image as RGBA, uint8 [H, W, 4].

    Raises:
        InputError: the image is damaged, or has more than `max_texels`; the size is checked before decoding.
    """
    try:
        with Image.open(io.BytesIO(data), formats=["WEBP"]) as image:
            if image.width * image.height > max_texels:
                raise invalid_sog_error(
                    f"{name} has {image.width:,}×{image.height:,} texels; at most {max_texels:,} fit"
                )
            return np.asarray(image.convert("RGBA"))
    except UnidentifiedImageError as error:
        raise invalid_sog_error(f"{name} is no WebP image") from error
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError) as error:
        raise invalid_sog_error(f"{name} cannot be decoded: {error}") from error
