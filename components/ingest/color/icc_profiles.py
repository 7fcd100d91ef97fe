"""ICC profiles, and their conversion to sRGB."""

from __future__ import annotations

import io
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from PIL import Image, ImageCms

from components.ingest.color.rgb_spaces import color_grid

_SAME_LEVELS = 2
_MODEL_OF_MODE = {"RGB": "RGB", "L": "GRAY", "CMYK": "CMYK", "LAB": "Lab"}
_MAX_NAME = 60


class DamagedProfileError(Exception):
    """A profile that cannot be read, or that has no conversion to sRGB."""


@dataclass(frozen=True, slots=True)
class IccProfile:
    """A readable profile.

    name: its description, for people. model: of its colours, as in ICC: `RGB`, `GRAY`, `CMYK`, `Lab`.
    """

    data: bytes
    name: str
    model: str

    def fits(self, mode: str) -> bool:
        """Whether it describes pixels of this mode of Pillow."""
        return self.model == _MODEL_OF_MODE.get(mode)

    def is_srgb(self) -> bool:
        return _is_srgb(self)

    def to_srgb(self, image: Image.Image) -> Image.Image:
        """`image`, of a mode that `fits`, as RGB or L, with the perceptual intent.

        Raises:
            DamagedProfileError: the profile has no conversion to sRGB.
        """
        if image.mode == "L":
            ramp = Image.fromarray(np.arange(256, dtype=np.uint8)[None])
            return image.point(np.asarray(_convert(ramp, self.data))[0, :, 1].tolist())
        return _convert(image, self.data)


@lru_cache(maxsize=64)
def read_profile(data: bytes) -> IccProfile:
    """Read a profile.

    Raises:
        DamagedProfileError: it cannot be read.
    """
    try:
        profile = ImageCms.ImageCmsProfile(io.BytesIO(data))
        description, model = profile.profile.profile_description or "", profile.profile.xcolor_space.strip()
    except (OSError, ValueError, TypeError, ImageCms.PyCMSError) as error:
        raise DamagedProfileError(str(error)) from error
    name = " ".join("".join(char if char.isprintable() else " " for char in description).split())
    return IccProfile(data, name[:_MAX_NAME] or f"{model} profile", model)


def lab_to_srgb(image: Image.Image) -> Image.Image:
    """An image of mode LAB (CIE L*a*b*, D50) as RGB."""
    lab, srgb = ImageCms.createProfile("LAB"), ImageCms.createProfile("sRGB")
    return _checked(ImageCms.profileToProfile(image, lab, srgb, outputMode="RGB"))


def _convert(image: Image.Image, data: bytes) -> Image.Image:
    try:
        profile, srgb = ImageCms.ImageCmsProfile(io.BytesIO(data)), ImageCms.createProfile("sRGB")
        return _checked(ImageCms.profileToProfile(image, profile, srgb, outputMode="RGB"))
    except (OSError, ValueError, ImageCms.PyCMSError) as error:
        raise DamagedProfileError(str(error)) from error


def _checked(image: Image.Image | None) -> Image.Image:
    assert image is not None, "None is returned only for conversion in place"
    return image


@lru_cache(maxsize=64)
def _is_srgb(profile: IccProfile) -> bool:
    """Whether conversion moves no value of a grid of colours by more than 2 levels of 255."""
    if profile.model not in ("RGB", "GRAY"):
        return False
    grid = color_grid() if profile.model == "RGB" else np.arange(256, dtype=np.uint8)[None]
    converted = np.asarray(profile.to_srgb(Image.fromarray(grid)))
    return int(np.abs(converted.astype(np.int16) - grid).max()) <= _SAME_LEVELS
