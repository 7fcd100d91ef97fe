"""EXIF of the rendered photos."""

from __future__ import annotations

from datetime import datetime, timedelta

import numpy as np
from PIL import Image
from PIL.ExifTags import GPS, IFD, Base

MAKE, MODEL = "kubesplat", "Demo camera"
FOCAL_LENGTH_MM, SENSOR_WIDTH_MM = 15.0, 17.3  # a Micro Four Thirds camera with a standard wide lens
FOCAL_LENGTH_35MM = 30  # by the diagonal, as makers do
_START = datetime(2025, 6, 21, 10, 0, 0)
_BETWEEN_PHOTOS = timedelta(seconds=4)
_METRES_PER_DEGREE = 111_320.0

GpsOrigin = tuple[float, float, float]
"""Latitude and longitude in degrees, and altitude in metres, of the world's origin."""


def focal_length_px(width: int) -> float:
    """Focal length in pixels, of a photo with the given width in pixels."""
    return FOCAL_LENGTH_MM / SENSOR_WIDTH_MM * width


def photo_exif(number: int, center: np.ndarray, gps_origin: GpsOrigin | None) -> Image.Exif:
    """EXIF of photo `number`, taken at `center` [3] (x east, y down, z north, m)."""
    taken = (_START + number * _BETWEEN_PHOTOS).strftime("%Y:%m:%d %H:%M:%S")
    exif = Image.Exif()
    exif[Base.Make], exif[Base.Model] = MAKE, MODEL
    exif[Base.Orientation] = 1
    exif[Base.DateTime] = taken
    exif.get_ifd(IFD.Exif).update(
        {
            Base.DateTimeOriginal: taken,
            Base.FocalLength: FOCAL_LENGTH_MM,
            Base.FocalLengthIn35mmFilm: FOCAL_LENGTH_35MM,
        }
    )
    if gps_origin is not None:
        exif.get_ifd(IFD.GPSInfo).update(_gps(center, gps_origin))
    return exif


def _gps(center: np.ndarray, origin: GpsOrigin) -> dict[int, object]:
    """GPS tags, to a tenth of a millimetre, on a spherical earth: exact for a scene of a few metres."""
    latitude = origin[0] + center[2] / _METRES_PER_DEGREE
    longitude = origin[1] + center[0] / (_METRES_PER_DEGREE * np.cos(np.radians(origin[0])))
    return {
        GPS.GPSVersionID: b"\x02\x03\x00\x00",
        GPS.GPSLatitudeRef: "N" if latitude >= 0 else "S",
        GPS.GPSLatitude: _degrees_minutes_seconds(abs(latitude)),
        GPS.GPSLongitudeRef: "E" if longitude >= 0 else "W",
        GPS.GPSLongitude: _degrees_minutes_seconds(abs(longitude)),
        GPS.GPSAltitudeRef: b"\x00",
        GPS.GPSAltitude: round(float(origin[2] - center[1]), 4),
    }


def _degrees_minutes_seconds(angle: float) -> tuple[float, float, float]:
    degrees, minutes = int(angle), int(angle * 60 % 60)
    return float(degrees), float(minutes), round((angle - degrees - minutes / 60) * 3600, 6)
