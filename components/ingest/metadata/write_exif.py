"""Write EXIF of a photo that ingest encodes anew: only values that were read and are plausible."""

from __future__ import annotations

from datetime import datetime
from fractions import Fraction

from PIL import Image
from PIL.ExifTags import GPS, IFD, Base
from PIL.TiffImagePlugin import IFDRational

from components.ingest.metadata.read_exif import Exif
from components.shared.contracts.capture import Gps

_MILLIMETRES = 4
_MAX_SHORT = 65_535


def exif_bytes(exif: Exif, width: int, height: int) -> bytes:
    """EXIF for an image of this size. Everything else of the original, maker notes too, is left out."""
    written = Image.Exif()
    for tag, text in ((Base.Make, exif.make), (Base.Model, exif.model)):
        if text:
            written[tag] = text
    written[Base.Orientation] = exif.orientation
    details = written.get_ifd(IFD.Exif)
    details[Base.ColorSpace] = 1  # sRGB
    if exif.focal_length_mm:
        details[Base.FocalLength] = _rational(exif.focal_length_mm)
    if exif.focal_length_35mm:
        details[Base.FocalLengthIn35mmFilm] = min(_MAX_SHORT, round(exif.focal_length_35mm))
    if exif.sensor_px_per_mm:
        shrunk = max(width, height) / (exif.sensor_long_side_px or max(width, height))
        resolution = _rational(exif.sensor_px_per_mm * shrunk)
        details.update({Base.FocalPlaneXResolution: resolution, Base.FocalPlaneYResolution: resolution})
        details[Base.FocalPlaneResolutionUnit] = _MILLIMETRES
    if exif.captured_at:
        details.update(_time(datetime.fromisoformat(exif.captured_at)))
    if exif.gps:
        written.get_ifd(IFD.GPSInfo).update(_place(exif.gps))
    return written.tobytes()


def _time(taken: datetime) -> dict[int, str]:
    tags: dict[int, str] = {Base.DateTimeOriginal: taken.strftime("%Y:%m:%d %H:%M:%S")}
    if taken.microsecond:
        tags[Base.SubsecTimeOriginal] = f"{taken.microsecond:06d}"
    if taken.tzinfo:
        tags[Base.OffsetTimeOriginal] = taken.isoformat()[-6:]
    return tags


def _place(gps: Gps) -> dict[int, object]:
    tags: dict[int, object] = {
        GPS.GPSLatitudeRef: "S" if gps.latitude < 0 else "N",
        GPS.GPSLatitude: _degrees(gps.latitude),
        GPS.GPSLongitudeRef: "W" if gps.longitude < 0 else "E",
        GPS.GPSLongitude: _degrees(gps.longitude),
    }
    if gps.altitude_m is not None:
        tags[GPS.GPSAltitudeRef] = b"\x01" if gps.altitude_m < 0 else b"\x00"
        tags[GPS.GPSAltitude] = _rational(abs(gps.altitude_m))
    if gps.accuracy_m is not None:
        tags[GPS.GPSHPositioningError] = _rational(gps.accuracy_m)
    return tags


def _degrees(value: float) -> tuple[IFDRational, IFDRational, IFDRational]:
    """Degrees, minutes and seconds, to 1e-4 seconds (3 mm)."""
    total = round(abs(value) * 3600 * 10_000)
    minutes, seconds = divmod(total, 60 * 10_000)
    return IFDRational(minutes // 60), IFDRational(minutes % 60), IFDRational(seconds, 10_000)


def _rational(value: float) -> IFDRational:
    """A fraction of 32 bits close to `value`."""
    fraction = Fraction(min(value, 2**32 - 1)).limit_denominator(10_000 if value < 100_000 else 1)
    return IFDRational(fraction.numerator, fraction.denominator)
