"""Read EXIF. What is damaged or not plausible is unknown, and costs no other value and no pixels.

Pillow's reader is not used: one damaged tag ends it, and it reports others only as Python warnings.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from PIL import Image
from PIL.ExifTags import GPS, IFD, Base

from components.ingest.metadata.exif_tags import exif_tags
from components.ingest.metadata.read_xmp import read_xmp, xmp_value
from components.ingest.metadata.tiff_tags import Value
from components.ingest.metadata.xmp_position import ACCURACIES_M, ALTITUDES_M, XmpPosition, read_xmp_position
from components.shared.contracts.capture import Gps
from components.shared.numbers import number_in

DIAGONAL_35MM = 43.27
"""Diagonal in mm that 35 mm equivalents refer to (CIPA DCG-001), as in COLMAP."""
_MM_PER_UNIT = {2: 25.4, 3: 10.0, 4: 1.0, 5: 0.001}
_INCH = 2.0
_FOCAL_LENGTHS_MM = 0.5, 5_000.0
_PX_PER_MM = 10.0, 5_000.0
"""Sensors have pixels of 0.5 to 50 µm; smaller copies of photos are counted as the sensor's."""
_SIDES_PX = 1.0, 1e6
_TOP_TAGS = {tag.value: tag.name for tag in (Base.Make, Base.Model, Base.Orientation)}
_TOP_TAGS |= {IFD.Exif.value: "ExifIFD", IFD.GPSInfo.value: "GPSInfo"}
_DETAIL_TAGS = {
    tag.value: tag.name
    for tag in (
        *(Base.FocalLength, Base.FocalLengthIn35mmFilm, Base.FocalPlaneXResolution),
        *(Base.FocalPlaneResolutionUnit, Base.ExifImageWidth, Base.ExifImageHeight),
        *(Base.DateTimeOriginal, Base.SubsecTimeOriginal, Base.OffsetTimeOriginal, Base.LensModel),
        Base.CustomRendered,
    )
}
_GPS_TAGS = {
    tag.value: tag.name
    for tag in (
        *(GPS.GPSLatitude, GPS.GPSLatitudeRef, GPS.GPSLongitude, GPS.GPSLongitudeRef),
        *(GPS.GPSAltitude, GPS.GPSAltitudeRef, GPS.GPSHPositioningError),
    )
}
_TIME = re.compile(r"([0-9]{4})[:/.-]([0-9]{2})[:/.-]([0-9]{2})[ T]([0-9]{2}):([0-9]{2}):([0-9]{2})")
_OFFSET = re.compile(r"Z|[+-][0-9]{2}:[0-5][0-9]")
_MAX_SHOWN = 40
_APPLE_PANORAMA = 6


@dataclass(frozen=True, kw_only=True, slots=True)
class Exif:
    """EXIF of one photo; None or "" for what it does not have."""

    make: str = ""
    model: str = ""
    lens_model: str = ""
    is_stitched: bool = False
    """Whether a phone has stitched it while it was turned: a panorama."""
    orientation: int = 1
    captured_at: str | None = None
    gps: Gps | None = None
    focal_length_mm: float | None = None
    focal_length_35mm: float | None = None
    sensor_px_per_mm: float | None = None
    """Resolution of an image of `sensor_long_side_px`."""
    sensor_long_side_px: float | None = None
    error: str | None = None
    """What could not be read, and why."""

    def focal_length_px(self, width: int, height: int) -> float | None:
        """Focal length for an uncropped image of this size; None if it is unknown or not plausible."""
        focal = None
        if self.focal_length_35mm:
            focal = self.focal_length_35mm / DIAGONAL_35MM * math.hypot(width, height)
        elif self.focal_length_mm and self.sensor_px_per_mm:
            shrunk = max(width, height) / (self.sensor_long_side_px or max(width, height))
            focal = self.focal_length_mm * self.sensor_px_per_mm * shrunk
        return focal if focal and 0.1 < focal / max(width, height) < 100 else None


def read_exif(image: Image.Image, path: Path) -> Exif:
    """Read the EXIF of an image that was opened from a file; of a PNG, after its pixels.

    path: the file; only that of a TIFF is read, whose tags are those of EXIF.
    """
    top: dict[int, Value] = {}
    details, place = dict(top), dict(top)
    problems: list[str] = []
    with exif_tags(image, path) as tags:
        if tags is not None:
            problems = tags.problems
            top = tags.read("EXIF", tags.first, _TOP_TAGS)
            offsets = _Tags(top, _TOP_TAGS, problems)
            details = tags.read("ExifIFD", offsets.offset(IFD.Exif), _DETAIL_TAGS)
            place = tags.read("GPSInfo", offsets.offset(IFD.GPSInfo), _GPS_TAGS)
    return _interpret(
        image,
        _Tags(top, _TOP_TAGS, problems),
        _Tags(details, _DETAIL_TAGS, problems),
        _Tags(place, _GPS_TAGS, problems),
    )


class _Tags:
    """Values of one directory as what they should be; what is not goes to `problems`."""

    def __init__(self, values: dict[int, Value], names: dict[int, str], problems: list[str]) -> None:
        self._values, self._names, self.problems = values, names, problems

    def numbers(self, tag: int) -> tuple[object, ...]:
        """Its numbers, or its text as the only one; empty where it is missing."""
        value = self._values.get(tag, ())
        return (_decoded(value),) if isinstance(value, bytes) else value

    def number(self, tag: int, limits: tuple[float, float]) -> float | None:
        """The first number; None if it is missing or unknown (0, 0/0 or no text), or out of `limits`."""
        value = next(iter(self.numbers(tag)), None)
        if value in (None, "", 0) or number_in(value) == 0:
            return None
        number = number_in(value, *limits)
        if number is None:
            self.refuse(tag)
        return number

    def offset(self, tag: int) -> int | None:
        number = self.number(tag, (0, 2**63))
        return None if number is None else int(number)

    def text(self, tag: int) -> str:
        value = self._values.get(tag, b"")
        if not isinstance(value, bytes):
            self.refuse(tag)
            return ""
        return _decoded(value)

    def refuse(self, tag: int) -> None:
        shown = " ".join(
            f"{value:g}" if isinstance(value, (int, float)) else "0/0" if value is None else str(value)
            for value in self.numbers(tag)
        )
        self.problems.append(f"{self._names[tag]} is {shown[:_MAX_SHOWN]!r}")


def _interpret(image: Image.Image, top: _Tags, details: _Tags, place: _Tags) -> Exif:
    xmp = read_xmp(image)
    from_xmp = read_xmp_position(xmp, top.problems)
    lengths = [details.number(tag, _SIDES_PX) or 0.0 for tag in (Base.ExifImageWidth, Base.ExifImageHeight)]
    exif = {
        "make": top.text(Base.Make),
        "model": top.text(Base.Model),
        "lens_model": details.text(Base.LensModel),
        "is_stitched": _is_stitched(top, details),
        "orientation": _orientation(image, top, xmp),
        "captured_at": _time(details),
        "gps": _gps(place, from_xmp),
        "focal_length_mm": details.number(Base.FocalLength, _FOCAL_LENGTHS_MM),
        "focal_length_35mm": details.number(Base.FocalLengthIn35mmFilm, _FOCAL_LENGTHS_MM),
        "sensor_px_per_mm": _resolution(details),
        "sensor_long_side_px": max(lengths) or None,
    }
    problems = list(dict.fromkeys(top.problems))
    error = "EXIF was not read in full: " + "; ".join(problems) if problems else None
    return Exif(**exif, error=error)  # type: ignore[arg-type]


def _orientation(image: Image.Image, top: _Tags, xmp: str) -> int:
    """1 for formats whose pixels the decoder turns."""
    if image.format in ("TIFF", "HEIF"):
        return 1
    if not top.numbers(Base.Orientation):
        return int(number_in(xmp_value(xmp, "tiff:Orientation"), 1, 8) or 1)
    return int(top.number(Base.Orientation, (1, 8)) or 1)


def _is_stitched(top: _Tags, details: _Tags) -> bool:
    """Apple's number for panoramas; EXIF itself has only 0 and 1 there."""
    return top.text(Base.Make) == "Apple" and details.numbers(Base.CustomRendered) == (_APPLE_PANORAMA,)


def _resolution(details: _Tags) -> float | None:
    """Pixels per mm of the sensor; unit 1 means that there is none."""
    has_unit = bool(details.numbers(Base.FocalPlaneResolutionUnit))
    unit = details.number(Base.FocalPlaneResolutionUnit, (1, 5)) if has_unit else _INCH
    resolution = details.number(Base.FocalPlaneXResolution, (0, math.inf))
    if resolution is None or unit is None or unit not in _MM_PER_UNIT:
        return None
    per_mm = number_in(resolution / _MM_PER_UNIT[int(unit)], *_PX_PER_MM)
    if per_mm is None:
        details.refuse(Base.FocalPlaneXResolution)
    return per_mm


def _gps(place: _Tags, xmp: XmpPosition) -> Gps | None:
    """EXIF's position; that of XMP where EXIF has none. Drones state the accuracy in XMP, phones in EXIF."""
    latitude = _degrees(place, GPS.GPSLatitude, GPS.GPSLatitudeRef, "NS", 90)
    longitude = _degrees(place, GPS.GPSLongitude, GPS.GPSLongitudeRef, "EW", 180)
    altitude = _altitude(place)
    if latitude is None or longitude is None or latitude == longitude == 0.0:
        latitude, longitude, altitude = xmp.latitude, xmp.longitude, xmp.altitude_m
    if latitude is None or longitude is None or latitude == longitude == 0.0:
        return None  # receivers without a fix write 0, 0
    return Gps(
        latitude=latitude,
        longitude=longitude,
        altitude_m=xmp.altitude_m if altitude is None else altitude,
        accuracy_m=xmp.accuracy_m or place.number(GPS.GPSHPositioningError, ACCURACIES_M),
        altitude_accuracy_m=xmp.altitude_accuracy_m,
    )


def _degrees(place: _Tags, tag: int, reference_tag: int, names: str, limit: float) -> float | None:
    """Signed degrees from degrees, minutes and seconds."""
    values = place.numbers(tag)
    if not values or set(values) == {None}:
        return None
    parts = [number_in(value, 0, most) for value, most in zip(values, (limit, 60, 60), strict=False)]
    known = [part for part in parts if part is not None]
    degrees = sum(part / 60**index for index, part in enumerate(known))
    if len(values) > 3 or len(known) < len(values) or degrees > limit:
        place.refuse(tag)
        return None
    reference = place.text(reference_tag)[:1].upper()
    if not reference or reference not in names:
        place.refuse(reference_tag)
        return None
    return -degrees if reference == names[1] else degrees


def _altitude(place: _Tags) -> float | None:
    """Metres above the sea. The reference is a byte, which some cameras write as text."""
    values = place.numbers(GPS.GPSAltitude)
    if not values or values[0] is None:
        return None
    altitude = number_in(values[0], *ALTITUDES_M)
    if altitude is None:
        place.refuse(GPS.GPSAltitude)
        return None
    reference = next(iter(place.numbers(GPS.GPSAltitudeRef)), 0)
    is_below = reference in (1, 3, "1", "3", "\x01", "\x03")
    return -altitude if is_below else altitude


def _time(details: _Tags) -> str | None:
    """ISO 8601; None for the blanks and zeros of a clock that was never set."""
    text = details.text(Base.DateTimeOriginal)
    if not text.strip(" :0"):
        return None
    found = _TIME.match(text)
    try:
        time = datetime(*map(int, found.groups())) if found else None  # type: ignore[arg-type]
    except ValueError:
        time = None
    if time is None:
        details.refuse(Base.DateTimeOriginal)
        return None
    fraction = details.text(Base.SubsecTimeOriginal)
    if fraction.isascii() and fraction.isdigit():
        time = time.replace(microsecond=int(f"{fraction:0<6}"[:6]))
    offset = details.text(Base.OffsetTimeOriginal)
    try:
        with_offset = time.isoformat() + (offset if _OFFSET.fullmatch(offset) else "")
        return datetime.fromisoformat(with_offset).isoformat()
    except ValueError:
        return time.isoformat()


def _decoded(value: bytes) -> str:
    """Text up to the first NUL: UTF-8, or else Latin-1, as old cameras write it."""
    value = value.split(b"\0")[0]
    try:
        text = value.decode("utf-8")
    except UnicodeDecodeError:
        text = value.decode("latin-1")
    return text.strip()
