"""Ways in which captures come to hold a photo twice."""

from __future__ import annotations

import io
from collections.abc import Callable

import numpy as np
import pillow_heif
from PIL import Image, ImageEnhance, ImageFilter

Change = Callable[[Image.Image], Image.Image]

pillow_heif.register_heif_opener()


def encoded(photo: Image.Image, file_format: str = "JPEG", quality: int = 85) -> Image.Image:
    """The photo after a lossy format."""
    buffer = io.BytesIO()
    photo.save(buffer, file_format, quality=quality)
    with Image.open(buffer) as image:
        return image.convert("RGB")


def shrunk(
    photo: Image.Image, side: float, filtered: Image.Resampling = Image.Resampling.LANCZOS
) -> Image.Image:
    """The photo with its longer side at `side` px."""
    factor = side / max(photo.size)
    return photo.resize((round(photo.width * factor), round(photo.height * factor)), filtered)


def toned(photo: Image.Image, tone: Callable[[float], float]) -> Image.Image:
    """The photo after a tone curve from [0, 1] to [0, 1]."""
    levels = [round(255 * min(1.0, max(0.0, tone(level / 255)))) for level in range(256)]
    return photo.point(levels * 3)


def exposed(photo: Image.Image, stops: float) -> Image.Image:
    """The photo as exposed longer by so many stops, as in a bracket: highlights are clipped."""

    def tone(level: float) -> float:
        linear = level / 12.92 if level <= 0.04045 else ((level + 0.055) / 1.055) ** 2.4
        linear = min(1.0, linear * 2.0**stops)
        return 12.92 * linear if linear <= 0.0031308 else 1.055 * linear ** (1 / 2.4) - 0.055

    return toned(photo, tone)


def grainy(photo: Image.Image, levels: float, seed: int) -> Image.Image:
    """The photo with the noise of a sensor, of this standard deviation."""
    noise = np.random.default_rng(seed).normal(0.0, levels, (photo.height, photo.width, 1))
    return Image.fromarray(np.clip(np.asarray(photo) + noise, 0, 255).astype(np.uint8))


def _warm(photo: Image.Image) -> Image.Image:
    gains = zip(photo.split(), (1.2, 1.0, 0.7), strict=True)
    return Image.merge(
        "RGB", [channel.point(lambda level, gain=gain: level * gain) for channel, gain in gains]
    )


def _half(photo: Image.Image, filtered: Image.Resampling) -> Image.Image:
    return photo.resize((photo.width // 2, photo.height // 2), filtered)


COPIES: dict[str, Change] = {
    "HEIC": lambda photo: encoded(photo, "HEIF", 70),
    "WebP": lambda photo: encoded(photo, "WEBP", 50),
    "JPEG quality 95": lambda photo: encoded(photo, quality=95),
    "JPEG quality 30": lambda photo: encoded(photo, quality=30),
    "JPEG quality 10": lambda photo: encoded(photo, quality=10),
    "messenger: 60 % of the size, quality 60": lambda photo: encoded(
        shrunk(photo, 0.6 * max(photo.size)), quality=60
    ),
    "`images_2`, averaged": lambda photo: _half(photo, Image.Resampling.BOX),
    "half, nearest pixel": lambda photo: _half(photo, Image.Resampling.NEAREST),
    "thumbnail of 320 px": lambda photo: encoded(shrunk(photo, 320), quality=75),
    "enlarged by 1.5": lambda photo: encoded(shrunk(photo, 1.5 * max(photo.size), Image.Resampling.BICUBIC)),
    "turned by 90°": lambda photo: encoded(photo.transpose(Image.Transpose.ROTATE_90)),
    "turned by 180°": lambda photo: encoded(photo.transpose(Image.Transpose.ROTATE_180)),
    "mirrored": lambda photo: encoded(photo.transpose(Image.Transpose.FLIP_LEFT_RIGHT)),
    "brightness × 1.3, clipped": lambda photo: encoded(ImageEnhance.Brightness(photo).enhance(1.3)),
    "brightness × 0.5": lambda photo: encoded(ImageEnhance.Brightness(photo).enhance(0.5)),
    "bracket, 2 stops less": lambda photo: encoded(exposed(photo, -2)),
    "bracket, 1 stop more": lambda photo: encoded(exposed(photo, 1)),
    "bracket, 2 stops more": lambda photo: encoded(exposed(photo, 2)),
    "gamma 1.8": lambda photo: encoded(toned(photo, lambda level: level**1.8)),
    "gamma 0.5": lambda photo: encoded(toned(photo, lambda level: level**0.5)),
    "contrast × 1.5": lambda photo: encoded(ImageEnhance.Contrast(photo).enhance(1.5)),
    "gray": lambda photo: encoded(photo.convert("L").convert("RGB")),
    "saturation × 1.8": lambda photo: encoded(ImageEnhance.Color(photo).enhance(1.8)),
    "warmer": lambda photo: encoded(_warm(photo)),
    "sharpened": lambda photo: encoded(photo.filter(ImageFilter.UnsharpMask(3, 150))),
    "burst, noise of 5 levels": lambda photo: grainy(photo, 7, 1),
    "burst, noise of 15 levels": lambda photo: grainy(photo, 21, 1),
}
