"""Textures of a SOG: lossless pictures with one RGBA texel per Gaussian, row by row from the top left."""

from __future__ import annotations

import io
import math
import struct
import threading
import warnings
import zlib

import numpy as np
from PIL import Image, UnidentifiedImageError

from components.shared.errors import InputError
from components.shared.sog.archive import invalid_sog_error
from components.shared.sog.open_files import SogFiles

MAX_SIDE = 16383
"""Limit of WebP, in texels."""

_FORMATS = ["WEBP", "PNG"]
"""Of the lossless pictures of 8 bits per channel that the format allows, those that tools write."""
_MODES = ("RGBA", "RGB", "RGBX", "P", "PA", "L", "LA", "1")
"""Pillow's types of pixels with at most 8 bits per channel; optimizers of PNGs choose the smallest."""
_MAX_TEXEL_BYTES, _HEADER_BYTES = 5, 1 << 16
"""Upper limits of a texture's bytes."""
_LOSSLESS_OPTIONS = {"method": 3, "quality": 30}
"""Lossless level 3 of libwebp; higher levels take at least twice the time and save 0.1 % of the bytes."""
_OPTIONS_OF_NOISE = {
    "means_l.webp": {"method": 3, "quality": 20},
    "shN_labels.webp": {"method": 2, "quality": 20},
}
"""The longest bounds the time on many cores: these take 0.6 and 0.3 of it, for 0.1 % more bytes and fewer."""
_WARNINGS_LOCK = threading.Lock()
"""Python's filters of warnings are those of all threads."""


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


def encode_texture(texels: np.ndarray, name: str = "") -> bytes:
    """Lossless WebP of texels uint8 [N, 4], laid out in `texture_size(N)`, or of an image uint8 [H, W, 4].

    name: of the file in a SOG, by whose content libwebp's effort is chosen.
    """
    if texels.ndim == 2:
        width, height = texture_size(len(texels))
        image = np.zeros((height, width, 4), np.uint8)
        image.reshape(-1, 4)[: len(texels)] = texels
        texels = image
    file, options = io.BytesIO(), _OPTIONS_OF_NOISE.get(name, _LOSSLESS_OPTIONS)
    # Without `exact`, libwebp discards the colors of texels with alpha 0.
    Image.fromarray(texels).save(file, "WEBP", lossless=True, exact=True, **options)
    return file.getvalue()


def read_texels(files: SogFiles, name: str, count: int) -> np.ndarray:
    """The first `count` texels of a texture, uint8 [count, 4].

    Raises:
        InputError: the image is missing or damaged, or its size does not fit `count`.
    """
    image = read_image(files, name, max_texels=2 * count + 4 * MAX_SIDE, min_texels=count)
    return image.reshape(-1, 4)[:count]


def read_image(files: SogFiles, name: str, *, max_texels: int, min_texels: int = 1) -> np.ndarray:
    """A texture as RGBA, uint8 [H, W, 4]: lossless WebP, or another picture of 8 bits per channel.

    Raises:
        InputError: the image is missing or damaged, or its size is out of range, which is checked before
            it is decoded.
    """
    data = files.read(name, max_bytes=_HEADER_BYTES + _MAX_TEXEL_BYTES * max_texels)
    try:
        with _open(data) as image:
            _check_image(name, image, min_texels, max_texels)
            return np.asarray(image.convert("RGBA"))
    except UnidentifiedImageError as error:
        raise invalid_sog_error(f"{name} is no WebP or PNG image") from error
    except (OSError, ValueError, SyntaxError, EOFError, zlib.error, struct.error) as error:
        raise invalid_sog_error(f"{name} cannot be decoded: {error}") from error
    except Image.DecompressionBombError as error:
        raise invalid_sog_error(f"{name} cannot be decoded: {error}") from error


def _open(data: bytes) -> Image.Image:
    """Without a warning of its size, which is checked against what is expected."""
    with _WARNINGS_LOCK, warnings.catch_warnings():
        warnings.simplefilter("ignore", Image.DecompressionBombWarning)
        return Image.open(io.BytesIO(data), formats=_FORMATS)


def _check_image(name: str, image: Image.Image, min_texels: int, max_texels: int) -> None:
    size = f"{name} has {image.width:,}×{image.height:,} texels"
    if image.width * image.height > max_texels:
        raise invalid_sog_error(f"{size}; at most {max_texels:,} fit")
    if image.width * image.height < min_texels:
        raise invalid_sog_error(f"{size}, too few for {min_texels:,} Gaussians")
    if image.mode not in _MODES:
        raise invalid_sog_error(f"{name} has pixels of type {image.mode}; 8 bits per channel are needed")
