"""Positions and their accuracy in the EXIF and XMP of photos, as phones and drones write them."""

import io

import pytest
from PIL import Image

from components.ingest.metadata.read_exif import read_exif
from components.ingest.metadata.write_exif import exif_bytes as written_exif
from tests.unit.ingest.exif_files import PLACE, exif_bytes, rational

DJI_RTK = {
    "drone-dji:GpsLatitude": "+47.123456789",
    "drone-dji:GpsLongitude": "+8.123456789",
    "drone-dji:AbsoluteAltitude": "+512.34",
    "drone-dji:RelativeAltitude": "+60.10",
    "drone-dji:RtkFlag": "50",
    "drone-dji:RtkStdLon": "0.01213",
    "drone-dji:RtkStdLat": "0.01426",
    "drone-dji:RtkStdHgt": "0.03125",
}
PIX4D = {"Camera:GPSXYAccuracy": "0.75", "Camera:GPSZAccuracy": "1.5"}


def packet(values, *, elements=False):
    """XMP with these properties as attributes, or as elements."""
    names = "".join(f'\n xmlns:{space}="{space}/"' for space in ("drone-dji", "Camera"))
    attributes = "" if elements else "".join(f'\n {name}="{value}"' for name, value in values.items())
    inner = "".join(f"<{name}>{value}</{name}>" for name, value in values.items()) if elements else ""
    return (
        '<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">'
        f"<rdf:Description{names}{attributes}>{inner}</rdf:Description></rdf:RDF></x:xmpmeta>"
    ).encode()


@pytest.fixture
def read(tmp_path):
    """What is read of a JPEG with this XMP and these tags of a place."""

    def read(xmp=b"", place=None):
        exif = b"Exif\0\0" + exif_bytes(place=place)
        Image.new("RGB", (8, 8)).save(tmp_path / "x.jpg", exif=exif, **({"xmp": xmp} if xmp else {}))
        with Image.open(tmp_path / "x.jpg") as image:
            return read_exif(image, tmp_path / "x.jpg")

    return read


def test_phones_state_the_accuracy_in_exif(read):
    gps = read(place=(*PLACE, rational(0x1F, (47, 10)))).gps
    assert (gps.accuracy_m, gps.altitude_accuracy_m) == (4.7, None)


@pytest.mark.parametrize("unknown", [(0, 1), (0, 0)])
def test_an_accuracy_of_zero_is_unknown(read, unknown):
    exif = read(place=(*PLACE, rational(0x1F, unknown)))
    assert exif.gps.accuracy_m is None
    assert exif.error is None


@pytest.mark.parametrize("elements", [False, True])
def test_rtk_of_dji_has_its_standard_deviations(read, elements):
    gps = read(packet(DJI_RTK, elements=elements), PLACE).gps
    assert (gps.accuracy_m, gps.altitude_accuracy_m) == (0.01426, 0.03125)
    assert (gps.latitude, gps.altitude_m) == (pytest.approx(48.0847, abs=1e-4), 100.0)  # EXIF's


def test_without_a_place_in_exif_xmp_has_it(read):
    gps = read(packet(DJI_RTK)).gps
    assert (gps.latitude, gps.longitude, gps.altitude_m) == (47.123456789, 8.123456789, 512.34)


def test_older_drones_misspell_the_longitude(read):
    values = dict(DJI_RTK)
    values["drone-dji:GpsLongtitude"] = values.pop("drone-dji:GpsLongitude")
    assert read(packet(values)).gps.longitude == 8.123456789


def test_the_namespace_of_pix4d(read):
    gps = read(packet(PIX4D), PLACE).gps
    assert (gps.accuracy_m, gps.altitude_accuracy_m) == (0.75, 1.5)


def test_without_a_fix_by_rtk_its_deviations_mean_nothing(read):
    gps = read(packet(DJI_RTK | {"drone-dji:RtkFlag": "0"}), PLACE).gps
    assert (gps.accuracy_m, gps.altitude_accuracy_m) == (None, None)


@pytest.mark.parametrize("value", ["nan", "-1", "1e300", "fixed", "0,014", "\x00"])
def test_a_bad_accuracy_costs_itself_only(read, value):
    exif = read(packet(DJI_RTK | {"drone-dji:RtkStdHgt": value}), PLACE)
    assert (exif.gps.accuracy_m, exif.gps.altitude_accuracy_m) == (0.01426, None)
    assert "drone-dji:RtkStdHgt is" in exif.error


def test_a_place_in_xmp_that_is_none(read):
    exif = read(packet(DJI_RTK | {"drone-dji:GpsLatitude": "200"}))
    assert exif.gps is None
    assert exif.error == "EXIF was not read in full: drone-dji:GpsLatitude is '200'"


def test_a_photo_that_is_encoded_anew_keeps_the_accuracy(read):
    data = io.BytesIO()
    Image.new("RGB", (8, 8)).save(data, "JPEG", exif=written_exif(read(packet(DJI_RTK), PLACE), 8, 8))
    with Image.open(data) as image:
        assert image.getexif().get_ifd(0x8825)[0x1F] == pytest.approx(0.01426, abs=1e-4)
