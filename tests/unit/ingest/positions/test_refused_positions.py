"""Files that are no tables of positions, and tables that cannot be used."""

import pytest

from components.shared.errors import InputError
from tests.unit.ingest.positions.position_files import positions, read

DEGREES = "name,lat,lon\na.jpg,47.12341,8.54321\n"


@pytest.mark.parametrize(
    ("content", "what"),
    [
        ("name;lat;lon\na.jpg;47,12341;8,54321\n", "line 2 has decimal commas"),
        ("name,lat,lon,alt\na.jpg,47,12341,8,54321,500,5\n", "line 2 has decimal commas"),
        ("a.jpg,47,12341,8,54321,500,5\n", "line 1 has decimal commas"),
        ("EPSG:32632\na.jpg 465334,62 5219015,32 500,5\n", "line 2 has decimal commas"),
        (
            "name,lat,lon\na.jpg,200,8.5\n",
            "none of its 1 rows has a position; line 2 (the latitude is '200')",
        ),
        ("name,lat,lon\na.jpg,nan,8.5\nb.jpg,inf,8.5\n", "none of its 2 rows"),
        ("name,lat,lon\na.jpg,47 deg 70' 24.00\" N,8 deg 3' 1.00\" E\n", "the latitude is '47 deg"),
        ("name,x [ft],y [ft],z [ft]\na.jpg,1,2,3\n", "'x [ft]' is in feet"),
        ("EPSG:4258\na.jpg 8.54321 47.12341 500.5\n", "its coordinate system is EPSG:4258"),
        ("+proj=lcc +lat_1=49 +ellps=GRS80\na.jpg 652709.1 6862305.2 35.1\n", "has no code"),
        ("EPSG:32632\na.jpg 8.54 -47.1 500.5\n", "the northing is '-47.1'"),
        (
            "a.jpg,9.1,47.1,400\nb.jpg,9.1001,47.1,400\nc.jpg,9.1004,47.1,400\n",
            "as metres, its 3 positions lie within 0.4 mm: they look like degrees",
        ),
    ],
)
def test_a_table_that_cannot_be_used_ends_the_run(content, what, tmp_path):
    with pytest.raises(InputError) as error:
        read(tmp_path, content)
    assert error.value.message.startswith("the positions in geo.txt cannot be read: ")
    assert what in error.value.message
    assert error.value.remedy.endswith("the positions are then those of EXIF.")


@pytest.mark.parametrize(
    "content",
    [
        "",
        "\n \n",
        "Photos of the old mill, taken in May.\n",
        "id,weight\n1,2\n",
        "name,x,y,w,h\na.jpg,10,20,30,40\n",
        "a.jpg,10,20,30,40\na.jpg,15,20,30,40\n",
        "name,lat,lon\nother.jpg,47.1,8.1\n",
        "name,lat,lon\na.jpg,,\nb.jpg,,\n",
        b"\x89PNG\r\n\x1a\n\0\0\0a.jpg,47.1,8.1",
        b"\xff\xfe\x00",
        bytes(range(256)) * 8,
        "a.jpg," * 5000,
        '"' * 300,
        "#\n" * 50,
        ";;;\n\t\t\n,,,\n",
        DEGREES + "#" * 11_000_000,
    ],
)
def test_other_files_are_left_alone_with_a_note(content, tmp_path):
    given, notes = read(tmp_path, content, "list.csv")
    assert given is None
    assert notes == ["list.csv was not used: it has no position of a photo of this capture."]
    assert read(tmp_path, content, "list.txt") == (None, [])


def test_a_sound_table_beside_a_damaged_one_is_used(tmp_path):
    given, notes = read(tmp_path, DEGREES, csv=b"name;lat;lon\na.jpg;47,1;8,1\n")
    assert given.table.source == "geo.txt"
    assert notes[0].startswith("the positions in other.csv cannot be read: line 2 has decimal commas")


def test_a_text_beside_each_photo_is_not_read(tmp_path):
    assert positions(tmp_path, DEGREES, "a.txt") == {}


def test_small_local_metres_are_no_degrees(tmp_path):
    rows = "a.jpg,0.12341,0.54321,0.5000\nb.jpg,0.22341,0.44321,0.5000\n"
    found = positions(tmp_path, rows, "positions.csv")["a.jpg"]
    assert (found.x_m, found.y_m, found.z_m, found.epsg) == (0.12341, 0.54321, 0.5, None)
