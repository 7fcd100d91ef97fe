"""Tables of positions as programs write them."""

import pytest

from components.shared.contracts.capture import MetricPosition
from tests.unit.ingest.positions.position_files import gps, positions, read

A, B = gps(47.12341, 8.54321, 500.5), gps(47.12351, 8.54331, 501.0)
EXACT_A = gps(47.12341, 8.54321, 500.5, 0.02, 0.04)
ROWS = "a.jpg,47.12341,8.54321,500.5\nb.jpg,47.12351,8.54331,501.0\n"
EXACT_ROWS = "a.jpg,47.12341,8.54321,500.5,0.02,0.04\nb.jpg,47.12351,8.54331,501.0,0.02,0.04\n"


@pytest.mark.parametrize(
    "content",
    [
        "EPSG:4326\na.jpg 8.54321 47.12341 500.5\nb.jpg 8.54331 47.12351 501.0\n",
        "WGS84\na.jpg\t8.54321\t47.12341\t500.5\nb.jpg\t8.54331\t47.12351\t501.0\n",
        "+proj=longlat +datum=WGS84 +no_defs\na.jpg 8.54321 47.12341 500.5\nb.jpg 8.54331 47.12351 501.0\n",
        "# of a flight\nEPSG:4326\na.jpg  8.54321  47.12341  500.5\nb.jpg 8.54331 47.12351 501.0 1 2 3\n",
        ROWS,
        ROWS.replace(",", ";"),
        ROWS.replace(",", "\t"),
        ROWS.replace(",", " "),
        ROWS.replace("\n", "\r\n"),
        "\ufeff" + ROWS,
        ROWS.replace("a.jpg", '"a.jpg"'),
        ROWS.replace(",", ", "),
        "name,latitude,longitude,altitude\n" + ROWS,
        "IMAGE,Latitude,LONGITUDE,Altitude [m]\n" + ROWS,
        "Filename;Lat;Lon;Height (m)\n" + ROWS.replace(",", ";"),
        "#name,lat,lng,alt\n" + ROWS,
        "longitude,latitude,photo,z\n8.54321,47.12341,a.jpg,500.5\n8.54331,47.12351,b.jpg,501.0",
        '# CoordinateSystem: GEOGCS["WGS 84",AUTHORITY["EPSG","4326"]]\n'
        "#Label,X/Longitude,Y/Latitude,Z/Altitude,Yaw\n"
        "a.jpg,8.54321,47.12341,500.5,1\nb.jpg,8.54331,47.12351,501.0,1",
    ],
)
def test_degrees_however_they_are_written(content, tmp_path):
    assert positions(tmp_path, content) == {"a.jpg": A, "b.jpg": B}
    assert positions(tmp_path, content.encode("utf-16"), "places.csv") == {"a.jpg": A, "b.jpg": B}


@pytest.mark.parametrize(
    "content",
    [
        EXACT_ROWS,
        "EPSG:4326\na.jpg 8.54321 47.12341 500.5 0 0 0 0.02 0.04\n",
        "name,lat,lon,alt,accuracy horizontal [m],accuracy vertical [m]\n" + EXACT_ROWS,
        "name,lat,lon,alt,sdx,sdy,sdz\na.jpg,47.12341,8.54321,500.5,0.02,0.01,0.04\n",
        "a.jpg,47.12341,8.54321,500.5,1.0,2.0,3.0,0.02,0.04\n",
    ],
)
def test_accuracies(content, tmp_path):
    assert positions(tmp_path, content)["a.jpg"] == EXACT_A


@pytest.mark.parametrize(
    "system", ["EPSG:32632", "WGS84 UTM 32N", "WGS 84 / UTM zone 32N", "+proj=utm +zone=32 +datum=WGS84"]
)
def test_utm_becomes_degrees(system, tmp_path):
    found = positions(tmp_path, f"{system}\na.jpg 465352.348 5218979.578 500.5\n")["a.jpg"]
    assert (found.latitude, found.longitude) == pytest.approx((47.12341, 8.54321), abs=2e-6)
    assert found.altitude_m == 500.5


@pytest.mark.parametrize(
    ("content", "epsg"),
    [
        ("EPSG:2056\na.jpg 2683000.5 1248000.25 500.5\n", 2056),
        ("name,epsg,easting,northing,h\na.jpg,2056,2683000.5,1248000.25,500.5\n", 2056),
        ("# EPSG:2056\nname;E;N;z\na.jpg;2683000.5;1248000.25;500.5\n", 2056),
        ("name,X [m],Y [m],Z [m]\na.jpg,2683000.5,1248000.25,500.5\n", None),
        ("a.jpg,2683000.5,1248000.25,500.5\n", None),
    ],
)
def test_other_systems_stay_metres_with_their_code(content, epsg, tmp_path):
    expected = MetricPosition(x_m=2683000.5, y_m=1248000.25, z_m=500.5, epsg=epsg)
    assert positions(tmp_path, content) == {"a.jpg": expected}


def test_names_in_folders_without_suffix_and_in_another_case(tmp_path):
    rows = "A.JPG,47.12341,8.54321,1\nb,47.12351,8.54331,1\nc.jpg,47.12361,8.54331,1\n"
    assert set(positions(tmp_path, rows)) == {"a.jpg", "b.jpg", "c.JPG"}


def test_notes_say_what_was_not_used(tmp_path):
    rows = ROWS + "x.jpg,47.12341,8.54321,1\na.jpg,47.9,8.9,1\nb.jpg,200.12345,8.54321,1\n"
    given, notes = read(tmp_path, rows, csv=b"id,weight\n1,2\n")
    assert len(given.by_path) == 2
    assert notes == [
        "other.csv was not used: it has no position of a photo of this capture.",
        "geo.txt names photos that are not in the capture: x.jpg.",
        "geo.txt has more than one position for a.jpg: the first counts.",
        "Not used of geo.txt: line 5 (the latitude is '200.12345').",
    ]


def test_of_two_tables_that_of_more_photos_counts(tmp_path):
    given, notes = read(tmp_path, "name,lat,lon\na.jpg,47.1,8.1\n", csv=ROWS.encode())
    assert given.table.source == "other.csv"
    assert notes == ["geo.txt was not used: other.csv has the positions."]


@pytest.mark.parametrize("value", ["abc", "nan", "-1"])
def test_a_bad_accuracy_costs_itself_only(value, tmp_path):
    given, notes = read(tmp_path, f"name,lat,lon,alt,hacc\na.jpg,47.12341,8.54321,500.5,{value}\n")
    assert list(given.by_path.values()) == [A]
    assert notes == [f"Not used of geo.txt: line 2 (the accuracy is {value!r})."]


def test_the_table_of_exiftool(tmp_path):
    table = (
        "SourceFile,GPSLatitude,GPSLongitude,GPSAltitude\n"
        """./a.jpg,"47 deg 7' 24.60"" N","8 deg 30' 36.00"" W",500.5 m Above Sea Level\n"""
    )
    found = positions(tmp_path, table, "places.csv")["a.jpg"]
    assert (found.latitude, found.longitude, found.altitude_m) == pytest.approx((47.1235, -8.51, 500.5))
