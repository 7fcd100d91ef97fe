"""Make of any photo one that COLMAP, Pillow and browsers read alike: 8-bit sRGB or gray, as JPEG or PNG."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

import numpy as np
from PIL import Image

from components.ingest.color.color_space import ColorSpace, declared_space
from components.ingest.color.icc_profiles import DamagedProfileError, IccProfile, lab_to_srgb
from components.ingest.color.rgb_spaces import RgbSpace
from components.ingest.metadata.jpeg_segments import first_picture, is_common_jpeg
from components.ingest.metadata.read_exif import read_exif
from components.ingest.metadata.write_exif import exif_bytes
from components.ingest.photos.decode_image import DecodedImage, color_mode, decode_image
from components.ingest.photos.deep_pixels import is_deep, raw_mode
from components.ingest.photos.encode_photo import encode_photo, write_png
from components.ingest.photos.fill_transparent import MIN_ALPHA, fill_transparent, visible_mask
from components.ingest.photos.measure_sharpness import luminance
from components.ingest.photos.tiff_pages import seek_full_size
from components.ingest.photos.value_range import Kind, Levels, to_8_bits

FORMATS = ("JPEG", "PNG", "TIFF", "BMP", "HEIF", "AVIF", "WEBP")
"""No other format is tried: some of Pillow's readers start other programs."""
_SUFFIXES = {"JPEG": (".jpg", ".jpeg", ".jpe", ".jfif"), "PNG": (".png",)}
_LOSSY = ("JPEG", "MPO", "HEIF", "AVIF")
_LOSSLESS_WEBP = b"VP8L"
"""Its chunk comes first, or behind a colour profile."""
_HEADER_BYTES = 4096
_FORMAT_NAMES = {"MPO": "JPEG", "WEBP": "WebP"}
_DAMAGED_PROFILE = "damaged colour profile ignored"
_PLAIN_BYTES_PER_PIXEL = 5
_CONVERTED_BYTES_PER_PIXEL = 20
_DEEP_BYTES_PER_PIXEL = 40


@dataclass(frozen=True, slots=True)
class Rules:
    """What is the same for all photos of a capture.

    levels: black and white of photos with more than 8 bits, by kind (`value_range.kind_of`).
    keep_alpha: transparency stays, for captures with poses; else it becomes a mask.
    """

    levels: Mapping[Kind, Levels] = field(default_factory=dict)
    keep_alpha: bool = False


@dataclass(slots=True)
class NormalizedImage:
    """What the capture gets of a photo.

    path: the file. suffix: to be appended to the photo's name, or empty. gray: as `luminance` returns it.
    mask_path: of a transparent photo, PNG with 255 where it is visible, else 0; visible: that fraction.
    """

    path: Path
    suffix: str
    gray: np.ndarray
    changes: tuple[str, ...] = ()
    mask_path: Path | None = None
    visible: float | None = None


def open_photo(path: Path, formats: tuple[str, ...] = FORMATS) -> Image.Image:
    """Open a photo of one of `formats`; its pixels are not decoded yet."""
    image = Image.open(path, formats=formats)
    if image.format == "TIFF":
        # Pillow maps files that have a name, with width and height exchanged where the tag turns the pixels.
        image.filename = ""
        seek_full_size(image)
    return image


def needs_nothing(image: Image.Image, path: Path, rules: Rules) -> bool:
    """Whether the pixels can be handed on as they are stored. Reads headers only."""
    if declared_space(image, path, color_mode(image)) != (None, ""):
        return False
    if image.format in ("JPEG", "MPO"):
        return image.mode in ("L", "RGB") and is_common_jpeg(path.read_bytes())
    if image.format != "PNG" or getattr(image, "is_animated", False) or "transparency" in image.info:
        return False
    modes = ("L", "RGB", "RGBA") if rules.keep_alpha else ("L", "RGB")
    return image.mode in modes and raw_mode(image) == image.mode


def keep_image(image: Image.Image, path: Path, name: str, stem: Path) -> NormalizedImage:
    """Decode a photo that `needs_nothing`. Its bytes are kept; of several pictures, those of the first."""
    gray = luminance(image)
    first = first_picture(path.read_bytes()) if image.format == "MPO" else None
    if first is None:
        return NormalizedImage(path, _suffix("PNG" if image.format == "PNG" else "JPEG", name), gray)
    target = stem.with_suffix(".jpg")
    target.write_bytes(first)
    return NormalizedImage(target, _suffix("JPEG", name), gray, ("first of several pictures",))


def convert_image(image: Image.Image, path: Path, name: str, stem: Path, rules: Rules) -> NormalizedImage:
    """Decode a photo, convert it, and write it beside `stem`, with its mask if it is transparent.

    EXIF is written anew, with what ingest read of it. Nothing else of the original's metadata is kept.
    """
    space, ignored = declared_space(image, path, color_mode(image))
    decoded = decode_image(image, path, space, rules.levels)
    color = _to_srgb(decoded, space, ignored)
    color, mask = _apply_alpha(color, decoded, rules)
    exif = exif_bytes(read_exif(image, path), *color.size)
    target, kind = encode_photo(color, stem, exif, lossy=_is_lossy(image, path))
    source = _FORMAT_NAMES.get(str(image.format), str(image.format))
    if source != kind:
        decoded.changes.append(f"{source} to {kind}")
    result = NormalizedImage(target, _suffix(kind, name), luminance(color), tuple(decoded.changes))
    if mask is not None:
        result.mask_path = stem.with_suffix(".mask.png")
        result.visible = float(np.asarray(mask, bool).mean())
        write_png(mask, result.mask_path)
    return result


def memory_bytes(image: Image.Image, *, converted: bool) -> int:
    """Memory that `convert_image`, or else `keep_image`, needs at its peak."""
    per_pixel = _CONVERTED_BYTES_PER_PIXEL if converted else _PLAIN_BYTES_PER_PIXEL
    return image.width * image.height * (_DEEP_BYTES_PER_PIXEL if is_deep(image) else per_pixel)


def _to_srgb(decoded: DecodedImage, space: ColorSpace | None, ignored: str) -> Image.Image:
    """Colours as L or RGB; adds to the changes of `decoded`."""
    if ignored:
        decoded.changes.append(ignored)
    color = decoded.color
    if isinstance(space, RgbSpace):
        decoded.changes.append(f"{space.name} to sRGB")
        pixels = np.asarray(color)
        return Image.fromarray(space.to_srgb(pixels, np.iinfo(pixels.dtype).max))
    image = color if isinstance(color, Image.Image) else Image.fromarray(to_8_bits(color))
    if isinstance(space, IccProfile):
        try:
            converted = space.to_srgb(image)
        except DamagedProfileError:
            decoded.changes.append(_DAMAGED_PROFILE)
        else:
            decoded.changes.append(f"{_with_model(space)} to sRGB")
            return converted
    if image.mode in ("CMYK", "LAB"):
        decoded.changes.append(f"{image.mode.replace('LAB', 'CIELAB')} to sRGB")
        return lab_to_srgb(image) if image.mode == "LAB" else image.convert("RGB")
    return image


def _with_model(profile: IccProfile) -> str:
    if profile.model == "Lab":
        return "CIELAB"
    return f"CMYK ({profile.name})" if profile.model == "CMYK" else profile.name


def _apply_alpha(
    color: Image.Image, decoded: DecodedImage, rules: Rules
) -> tuple[Image.Image, Image.Image | None]:
    """`color` with its alpha channel kept, dropped, or turned into a mask, and that mask."""
    alpha = decoded.alpha
    if alpha is None:
        return color, None
    least = np.asarray(alpha).min()
    if least == 255 or (least >= MIN_ALPHA and not rules.keep_alpha):
        decoded.changes.append("opaque alpha channel dropped")
        return color, None
    if rules.keep_alpha:
        rgba = color.convert("RGB")
        rgba.putalpha(alpha)
        return rgba, None
    mask = visible_mask(alpha)
    decoded.changes.append("transparency to a mask")
    return fill_transparent(color, mask), mask


def _is_lossy(image: Image.Image, path: Path) -> bool:
    if image.format == "WEBP":
        with path.open("rb") as file:
            return _LOSSLESS_WEBP not in file.read(_HEADER_BYTES)
    return image.format in _LOSSY or image.info.get("compression") in ("jpeg", "tiff_jpeg")


def _suffix(kind: str, name: str) -> str:
    """The suffix that a file of this format needs beside those of its name."""
    suffixes = _SUFFIXES[kind]
    return "" if PurePosixPath(name).suffix.lower() in suffixes else suffixes[0]
