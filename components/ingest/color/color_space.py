"""Find the colour space that a photo's file declares."""

from __future__ import annotations

import struct
from pathlib import Path

from PIL import Image
from PIL.ExifTags import IFD, Base

from components.ingest.color.icc_profiles import DamagedProfileError, IccProfile, read_profile
from components.ingest.color.rgb_spaces import (
    ADOBE_GAMMA,
    ADOBE_RGB,
    BT709,
    CODED_PRIMARIES,
    CODED_TRANSFERS,
    Primaries,
    RgbSpace,
    Transfer,
)
from components.ingest.metadata.exif_tags import exif_tags
from components.ingest.metadata.png_chunks import read_chunks
from components.ingest.metadata.tiff_tags import Value
from components.shared.numbers import number_in

ColorSpace = IccProfile | RgbSpace
_HEADER_BYTES = 65_536
_INTEROP_INDEX = 1
_SRGB_OF_EXIF, _ADOBE_RGB_OF_EXIF = 1, 2
_SRGB_GAMMAS = 0.43, 0.48
"""Exponents in PNGs by which programs mean the curve of sRGB; most write 0.45455."""


def declared_space(image: Image.Image, path: Path, mode: str) -> tuple[ColorSpace | None, str]:
    """The colour space in which `image`, opened from `path`, is to be read; None for sRGB, and if unknown.

    The second value says in words what was ignored: a damaged profile, or one for other modes than `mode`,
    that of the pixels; else it is empty. In order of precedence: PNG's cICP, an ICC profile, nclx of HEIF and
    AVIF, sRGB or gAMA and cHRM of PNG, and EXIF's mark of Adobe RGB (DCF's `R03`).
    """
    space: ColorSpace | None = _cicp(image, path)
    data = image.info.get("icc_profile")
    if space is None and data:
        try:
            profile = read_profile(bytes(data))
            if mode in ("L", "RGB") and profile.is_srgb():
                return None, ""
        except DamagedProfileError:
            return None, "damaged colour profile ignored"
        if not profile.fits(mode):
            return None, f"colour profile for {profile.model} ignored"
        return profile, ""
    space = space or _nclx(image, path) or _png_gamma(image) or _exif_adobe_rgb(image, path)
    return (None, "") if space is None or space.is_srgb() else (space, "")


def coded_space(primaries: int, transfer: int) -> RgbSpace:
    """The colour space of the codes of ITU-T H.273."""
    name, points = CODED_PRIMARIES.get(primaries, CODED_PRIMARIES[1])
    function, exponent = CODED_TRANSFERS.get(transfer, (Transfer.SRGB, 0.0))
    suffix = {Transfer.SRGB: "", Transfer.GAMMA: f" gamma {exponent:g}"}.get(function, f" {function}")
    return RgbSpace(name + suffix, points, function, exponent)


def _cicp(image: Image.Image, path: Path) -> RgbSpace | None:
    if image.format != "PNG":
        return None
    data = read_chunks(path).get(b"cICP", b"")
    return coded_space(data[0], data[1]) if len(data) == 4 else None


def _nclx(image: Image.Image, path: Path) -> RgbSpace | None:
    if image.format == "HEIF":
        nclx = image.info.get("nclx_profile") or {}
        return coded_space(nclx.get("color_primaries", 2), nclx.get("transfer_characteristics", 2))
    if image.format != "AVIF":
        return None
    with path.open("rb") as file:
        header = file.read(_HEADER_BYTES)
    at = header.find(b"colrnclx")
    if at < 0 or len(header) < at + 12:
        return None
    return coded_space(*struct.unpack_from(">HH", header, at + 8))


def _png_gamma(image: Image.Image) -> RgbSpace | None:
    if image.format != "PNG" or "srgb" in image.info:
        return None
    gamma, points = number_in(image.info.get("gamma"), 0.1, 10.0), _chromaticity(image)
    if gamma is None and points is None:
        return None
    low, high = _SRGB_GAMMAS
    if gamma is None or low <= gamma <= high:
        return RgbSpace("PNG chromaticities", points or BT709)
    return RgbSpace(f"PNG gamma {gamma:g}", points or BT709, Transfer.GAMMA, 1.0 / gamma)


def _chromaticity(image: Image.Image) -> Primaries | None:
    """Primaries of a PNG; None where they are missing or span no triangle around the white point."""
    values = image.info.get("chromaticity")
    if not values or len(values) != 8:
        return None
    white, red, green, blue = ((values[i], values[i + 1]) for i in range(0, 8, 2))

    def side(a: tuple[float, float], b: tuple[float, float]) -> float:
        return (b[0] - a[0]) * (white[1] - a[1]) - (b[1] - a[1]) * (white[0] - a[0])

    sides = side(red, green), side(green, blue), side(blue, red)
    is_inside = min(sides) > 1e-3 and min(point[1] for point in (white, red, green, blue)) > 1e-3
    return (red, green, blue, white) if is_inside else None


def _exif_adobe_rgb(image: Image.Image, path: Path) -> RgbSpace | None:
    """Adobe RGB of cameras that write no ICC profile, but DCF's mark, or the value 2 that some write."""
    if image.format not in ("JPEG", "MPO", "TIFF"):
        return None
    with exif_tags(image, path) as tags:
        if tags is None:
            return None
        top = tags.read("EXIF", tags.first, {IFD.Exif: "ExifIFD"})
        wanted: dict[int, str] = {Base.ColorSpace: "ColorSpace", IFD.Interop: "InteropIFD"}
        details = tags.read("ExifIFD", _offset(top.get(IFD.Exif)), wanted)
        interop = tags.read("InteropIFD", _offset(details.get(IFD.Interop)), {_INTEROP_INDEX: "InteropIndex"})
    color_space = details.get(Base.ColorSpace)
    index = interop.get(_INTEROP_INDEX)
    is_marked = isinstance(index, bytes) and index.startswith(b"R03") and color_space != (_SRGB_OF_EXIF,)
    if not is_marked and color_space != (_ADOBE_RGB_OF_EXIF,):
        return None
    return RgbSpace("Adobe RGB", ADOBE_RGB, Transfer.GAMMA, ADOBE_GAMMA)


def _offset(value: Value | None) -> int | None:
    """The place of a directory; None where there is none."""
    number = None if isinstance(value, bytes) or not value else number_in(value[0], 1)
    return None if number is None else int(number)
