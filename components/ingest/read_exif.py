"""Read EXIF. Values that are not plausible count as unknown, because some cameras write such values."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from PIL import Image
from PIL.ExifTags import GPS, IFD, Base

from components.shared.contracts.capture import Gps

DIAGONAL_35MM = 43.27
"""Diagonal in mm that 35 mm equivalents refer to (CIPA DCG-001), as in COLMAP."""
_MM_PER_UNIT = {2: 25.4, 3: 10.0, 4: 1.0, 5: 0.001}


@dataclass(frozen=True, kw_only=True, slots=True)
class Exif:
    """EXIF of one photo; None or "" for what it does not have."""

    make: str = ""
    model: str = ""
    orientation: int = 1
    captured_at: str | None = None
    gps: Gps | None = None
    focal_length_mm: float | None = None
    focal_length_35mm: float | None = None
    sensor_px_per_mm: float | None = None
    """Resolution of an image of `sensor_long_side_px`."""
    sensor_long_side_px: float | None = None
    error: str | None = None
    """Why EXIF could not be read."""

    def focal_length_px(self, width: int, height: int) -> float | None:
        """Focal length for an uncropped image of this size; None if it is unknown or not plausible."""
        focal = None
        if self.focal_length_35mm:
            focal = self.focal_length_35mm / DIAGONAL_35MM * math.hypot(width, height)
        elif self.focal_length_mm and self.sensor_px_per_mm:
            shrunk = max(width, height) / (self.sensor_long_side_px or max(width, height))
            focal = self.focal_length_mm * self.sensor_px_per_mm * shrunk
        return focal if focal and 0.1 < focal / max(width, height) < 100 else None


def read_exif(image: Image.Image) -> Exif:
    """Read an opened image's EXIF. Damaged EXIF does not reject a photo: `error` has the reason."""
    try:
        tags = image.getexif()
        details, place = tags.get_ifd(IFD.Exif), tags.get_ifd(IFD.GPSInfo)
    except Exception as error:  # Pillow's readers of TIFF structures raise many types on damaged data
        return Exif(error=f"{type(error).__name__}: {error}")
    orientation = _number(tags.get(Base.Orientation))
    unit = _MM_PER_UNIT.get(details.get(Base.FocalPlaneResolutionUnit, 2))
    resolution = _positive(details.get(Base.FocalPlaneXResolution))
    return Exif(
        make=_text(tags.get(Base.Make)),
        model=_text(tags.get(Base.Model)),
        orientation=int(orientation) if orientation and 1 <= orientation <= 8 else 1,
        captured_at=_time(details),
        gps=_gps(place),
        focal_length_mm=_positive(details.get(Base.FocalLength)),
        focal_length_35mm=_positive(details.get(Base.FocalLengthIn35mmFilm)),
        sensor_px_per_mm=resolution / unit if resolution and unit else None,
        sensor_long_side_px=max(
            _positive(details.get(Base.ExifImageWidth)) or 0.0,
            _positive(details.get(Base.ExifImageHeight)) or 0.0,
        )
        or None,
    )


def _gps(tags: dict[int, Any]) -> Gps | None:
    latitude = _degrees(tags.get(GPS.GPSLatitude), tags.get(GPS.GPSLatitudeRef), "S", 90)
    longitude = _degrees(tags.get(GPS.GPSLongitude), tags.get(GPS.GPSLongitudeRef), "W", 180)
    if latitude is None or longitude is None or latitude == longitude == 0.0:
        return None  # receivers without a fix write 0, 0
    altitude = _number(tags.get(GPS.GPSAltitude))
    below_sea = tags.get(GPS.GPSAltitudeRef) in (b"\x01", 1)
    altitude_m = -altitude if altitude is not None and below_sea else altitude
    return Gps(latitude=latitude, longitude=longitude, altitude_m=altitude_m)


def _degrees(value: Any, reference: Any, negative: str, limit: float) -> float | None:
    """Signed degrees from degrees, minutes and seconds."""
    parts = [_number(part) for part in value] if isinstance(value, tuple) else [_number(value)]
    if not 1 <= len(parts) <= 3 or None in parts:
        return None
    degrees = sum(part / 60**index for index, part in enumerate(parts) if part is not None)
    if not 0 <= degrees <= limit:
        return None
    return -degrees if _text(reference).upper() == negative else degrees


def _time(details: dict[int, Any]) -> str | None:
    text = _text(details.get(Base.DateTimeOriginal))
    try:
        time = datetime.strptime(text, "%Y:%m:%d %H:%M:%S")
    except ValueError:
        return None
    fraction = _text(details.get(Base.SubsecTimeOriginal))
    if fraction.isdigit():
        time = time.replace(microsecond=int(f"{fraction:0<6}"[:6]))
    offset = _text(details.get(Base.OffsetTimeOriginal))
    try:
        return datetime.fromisoformat(time.isoformat() + offset).isoformat()
    except ValueError:
        return time.isoformat()


def _text(value: Any) -> str:
    text = value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value or "")
    return text.split("\0")[0].strip()


def _number(value: Any) -> float | None:
    try:
        number = float(value)
    except (TypeError, ValueError, ZeroDivisionError):
        return None
    return number if math.isfinite(number) else None


def _positive(value: Any) -> float | None:
    number = _number(value)
    return number if number and number > 0 else None
