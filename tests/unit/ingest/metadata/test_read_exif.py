import pytest
from PIL import Image
from PIL.ExifTags import GPS, IFD, Base
from PIL.TiffImagePlugin import IFDRational

from components.ingest.metadata.read_exif import Exif, read_exif


@pytest.fixture
def reread(tmp_path):
    """What is read from a JPEG with these tags."""

    def reread(top=None, details=None, place=None):
        exif = Image.Exif()
        exif.update(top or {})
        exif.get_ifd(IFD.Exif).update(details or {})
        exif.get_ifd(IFD.GPSInfo).update(place or {})
        Image.new("RGB", (8, 8)).save(tmp_path / "x.jpg", exif=exif)
        with Image.open(tmp_path / "x.jpg") as image:
            return read_exif(image, tmp_path / "x.jpg")

    return reread


def test_nothing_is_unknown_not_invented(reread):
    assert reread() == Exif()


def test_exif_that_cannot_be_read_says_why(tmp_path):
    Image.new("RGB", (8, 8)).save(tmp_path / "x.png", exif=b"Exif\0\0no header of a TIFF")
    with Image.open(tmp_path / "x.png") as image:
        exif = read_exif(image, tmp_path / "x.png")
    assert exif == Exif(error=exif.error)
    assert exif.error == "EXIF was not read in full: it does not begin as EXIF does"


def test_make_model_orientation(reread):
    exif = reread({Base.Make: "Maker \0junk", Base.Model: " M-1 ", Base.Orientation: 6})
    assert (exif.make, exif.model, exif.orientation) == ("Maker", "M-1", 6)
    assert reread({Base.Orientation: 77}).orientation == 1


@pytest.mark.parametrize(
    ("details", "expected"),
    [
        ({}, "2025-06-21T10:00:07"),
        ({Base.SubsecTimeOriginal: "25"}, "2025-06-21T10:00:07.250000"),
        ({Base.OffsetTimeOriginal: "+02:00"}, "2025-06-21T10:00:07+02:00"),
        ({Base.OffsetTimeOriginal: "nonsense"}, "2025-06-21T10:00:07"),
    ],
)
def test_the_time(reread, details, expected):
    assert reread(details={Base.DateTimeOriginal: "2025:06:21 10:00:07", **details}).captured_at == expected


def test_a_clock_that_was_never_set(reread):
    assert reread(details={Base.DateTimeOriginal: "0000:00:00 00:00:00"}).captured_at is None


PLACE = {
    GPS.GPSLatitudeRef: "N",
    GPS.GPSLatitude: (52.0, 30.0, 36.0),
    GPS.GPSLongitudeRef: "E",
    GPS.GPSLongitude: (13.0, 22.0, 30.0),
    GPS.GPSAltitudeRef: b"\x00",
    GPS.GPSAltitude: 34.5,
}


def test_a_place(reread):
    gps = reread(place=PLACE).gps
    assert (gps.latitude, gps.longitude, gps.altitude_m) == pytest.approx((52.51, 13.375, 34.5))


def test_a_place_in_the_south_west_below_the_sea(reread):
    west = {GPS.GPSLatitudeRef: "S", GPS.GPSLongitudeRef: "W", GPS.GPSAltitudeRef: b"\x01"}
    gps = reread(place=PLACE | west).gps
    assert (gps.latitude, gps.longitude, gps.altitude_m) == pytest.approx((-52.51, -13.375, -34.5))


def test_a_place_without_altitude(reread):
    place = {tag: value for tag, value in PLACE.items() if "Altitude" not in tag.name}
    gps = reread(place=place).gps
    assert (gps.latitude, gps.longitude) == pytest.approx((52.51, 13.375))
    assert gps.altitude_m is None


@pytest.mark.parametrize(
    "wrong",
    [
        {GPS.GPSLatitude: (99.0, 0.0, 0.0)},
        {GPS.GPSLatitude: (IFDRational(0, 0), IFDRational(0, 0), IFDRational(0, 0))},
        {GPS.GPSLatitude: (0.0, 0.0, 0.0), GPS.GPSLongitude: (0.0, 0.0, 0.0)},
    ],
)
def test_a_receiver_without_a_fix(reread, wrong):
    assert reread(place=PLACE | wrong).gps is None


def test_the_focal_length_of_a_phone_by_the_diagonal():
    assert Exif(focal_length_35mm=26).focal_length_px(4032, 3024) == pytest.approx(26 / 43.27 * 5040)


def test_the_focal_length_from_the_sensors_resolution(reread):
    exif = reread(
        details={
            Base.FocalLength: 50.0,
            Base.FocalPlaneXResolution: 5472 / (36 / 25.4),  # a full frame sensor, per inch
            Base.FocalPlaneResolutionUnit: 2,
            Base.ExifImageWidth: 5472,
            Base.ExifImageHeight: 3648,
        }
    )
    assert exif.focal_length_px(5472, 3648) == pytest.approx(50 / 36 * 5472)
    assert exif.focal_length_px(1368, 912) == pytest.approx(50 / 36 * 1368)
    assert exif.focal_length_px(912, 1368) == pytest.approx(50 / 36 * 1368)


def test_an_absurd_focal_length_is_unknown():
    assert Exif(focal_length_35mm=0.001).focal_length_px(4000, 3000) is None
    assert Exif(focal_length_mm=50.0).focal_length_px(4000, 3000) is None


def test_values_that_divide_by_zero(reread):
    exif = reread(details={Base.FocalLength: IFDRational(0, 0), Base.FocalLengthIn35mmFilm: 0})
    assert exif.focal_length_mm is None
    assert exif.focal_length_35mm is None
