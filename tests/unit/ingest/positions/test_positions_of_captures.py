"""A table of positions that lies in a folder or an archive of photos."""

import zipfile

import pytest

from tests.unit.ingest.samples import textured_image

TABLE = "name,latitude,longitude,altitude,accuracy\nb.jpg,47.12341,8.54321,500.5,0.02\n"


@pytest.fixture
def photos(tmp_path):
    folder = tmp_path / "photos"
    folder.mkdir()
    for seed, name in enumerate("abc"):
        textured_image(seed).save(folder / f"{name}.jpg")
    (folder / "geo.csv").write_text(TABLE)
    return folder


@pytest.mark.parametrize("packed", [False, True])
def test_the_capture_has_the_positions(photos, run, tmp_path, packed):
    source = photos
    if packed:
        source = tmp_path / "photos.zip"
        with zipfile.ZipFile(source, "w") as archive:
            for path in photos.iterdir():
                archive.write(path, path.name)
    content = run(source)
    assert [image["gps"] for image in content["images"]] == [
        None,
        {
            "latitude": 47.12341,
            "longitude": 8.54321,
            "altitude_m": 500.5,
            "accuracy_m": 0.02,
            "altitude_accuracy_m": None,
        },
        None,
    ]
    assert content["notes"] == [
        "The positions of 1 photo are from geo.csv: degrees, WGS 84.",
        "geo.csv has no position for 2 photos, a.jpg first.",
    ]


def test_metres_of_another_system_come_beside_the_gps(photos, run):
    (photos / "geo.csv").write_text("EPSG:2056\na.jpg 2683000.5 1248000.25 500.5\n")
    content = run(photos)
    assert content["images"][0]["position"]["epsg"] == 2056
    assert content["images"][0]["gps"] is None
    assert "The positions of 1 photo are from geo.csv: metres in EPSG:2056." in content["notes"]


def test_a_link_to_nowhere_does_no_harm(photos, run):
    (photos / "places.csv").symlink_to(photos / "gone.csv")
    content = run(photos)
    assert content["images"][1]["gps"]["latitude"] == 47.12341
