import io
from pathlib import Path

import pytest
from PIL import Image

from components.ingest.metadata.read_exif import Exif, read_exif
from components.ingest.metadata.write_exif import exif_bytes
from components.shared.contracts.capture import Gps


def written(exif, size=(400, 300)):
    buffer = io.BytesIO()
    Image.new("L", size).save(buffer, "JPEG", exif=exif_bytes(exif, *size))
    with Image.open(buffer) as image:
        return read_exif(image, Path())


def test_what_was_read_is_read_again():
    exif = Exif(
        make="FUJIFILM",
        model="X-T4",
        orientation=6,
        captured_at="2024-05-01T10:11:12.250000+02:00",
        gps=Gps(latitude=-48.137154, longitude=11.575382, altitude_m=-3.5),
        focal_length_mm=23.4,
        focal_length_35mm=35.0,
    )
    again = written(exif)
    assert again.gps.latitude == pytest.approx(-48.137154, abs=1e-7)
    assert again.gps.longitude == pytest.approx(11.575382, abs=1e-7)
    assert (again.gps.altitude_m, again.focal_length_mm) == (-3.5, pytest.approx(23.4))
    for name in ("make", "model", "orientation", "captured_at", "focal_length_35mm", "error"):
        assert getattr(again, name) == getattr(exif, name)


def test_the_resolution_of_the_sensor_is_that_of_the_image():
    exif = Exif(focal_length_mm=50.0, sensor_px_per_mm=160.0, sensor_long_side_px=6000.0)
    again = written(exif)
    assert again.focal_length_px(400, 300) == pytest.approx(exif.focal_length_px(400, 300), rel=1e-3)


def test_nothing_is_invented():
    again = written(Exif())
    assert (again.make, again.gps, again.captured_at, again.focal_length_px(400, 300)) == (
        "",
        None,
        None,
        None,
    )
