"""The position that drones write into XMP, with the accuracy that EXIF has no tags for.

Tags of DJI (`drone-dji:`) and of Pix4D's camera namespace (`Camera:`), which Parrot, senseFly and Autel use.
"""

from __future__ import annotations

from dataclasses import dataclass

from components.ingest.metadata.read_xmp import xmp_value
from components.shared.numbers import number_in

ALTITUDES_M = -11_000.0, 50_000.0
ACCURACIES_M = 0.0, 100_000.0
_LATITUDE = ("drone-dji:GpsLatitude",)
_LONGITUDE = ("drone-dji:GpsLongitude", "drone-dji:GpsLongtitude")
"""Older drones of DJI misspell it."""
_ALTITUDE = ("drone-dji:AbsoluteAltitude",)
_ACROSS = ("drone-dji:RtkStdLon",)
_ALONG = ("drone-dji:RtkStdLat",)
_VERTICAL = ("drone-dji:RtkStdHgt",)
_RTK_FLAG = "drone-dji:RtkFlag"
_NO_FIX = 0.0
_HORIZONTAL_PIX4D = ("Camera:GPSXYAccuracy",)
_VERTICAL_PIX4D = ("Camera:GPSZAccuracy",)
_MAX_SHOWN = 40


@dataclass(frozen=True, slots=True)
class XmpPosition:
    """Degrees (WGS 84) and metres; None for what is missing or not plausible."""

    latitude: float | None = None
    longitude: float | None = None
    altitude_m: float | None = None
    accuracy_m: float | None = None
    """The larger of the standard deviations east and north."""
    altitude_accuracy_m: float | None = None


def read_xmp_position(xmp: str, problems: list[str]) -> XmpPosition:
    """The position in XMP. `problems` gets the values that are not used, in words."""
    if "drone-dji:" not in xmp and "Camera:" not in xmp:
        return XmpPosition()
    horizontal = _number(xmp, _HORIZONTAL_PIX4D, ACCURACIES_M, problems)
    vertical = _number(xmp, _VERTICAL_PIX4D, ACCURACIES_M, problems)
    if number_in(xmp_value(xmp, _RTK_FLAG)) != _NO_FIX:
        across, along, up = (
            _number(xmp, names, ACCURACIES_M, problems) for names in (_ACROSS, _ALONG, _VERTICAL)
        )
        horizontal = max(across, along) if across and along else horizontal
        vertical = up or vertical
    return XmpPosition(
        latitude=_number(xmp, _LATITUDE, (-90.0, 90.0), problems),
        longitude=_number(xmp, _LONGITUDE, (-180.0, 180.0), problems),
        altitude_m=_number(xmp, _ALTITUDE, ALTITUDES_M, problems),
        accuracy_m=horizontal or None,  # 0 is how programs write that it is unknown
        altitude_accuracy_m=vertical or None,
    )


def _number(
    xmp: str, names: tuple[str, ...], limits: tuple[float, float], problems: list[str]
) -> float | None:
    """The value of the first of these properties that is there."""
    for name in names:
        text = xmp_value(xmp, name)
        if text:
            number = number_in(text, *limits)
            if number is None:
                problems.append(f"{name} is {text[:_MAX_SHOWN]!r}")
            return number
    return None
