import numpy as np
import pillow_heif
import pytest
from PIL import Image
from PIL.ExifTags import IFD, Base

from tests.unit.ingest.samples import textured_image

FORMAT_NAMES = {"heic": "HEIF", "avif": "AVIF", "webp": "WebP"}


def exif_of_a_phone(orientation=1):
    exif = Image.Exif()
    exif[Base.Make], exif[Base.Model], exif[Base.Orientation] = "Apple", "iPhone 15", orientation
    exif.get_ifd(IFD.Exif).update({Base.FocalLengthIn35mmFilm: 26, Base.MakerNote: bytes(80_000)})
    return exif.tobytes()


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["heic", "avif", "webp"])
def test_what_colmap_cannot_read_becomes_a_jpeg_with_its_exif(photos, run, tmp_path, kind):
    pillow_heif.register_heif_opener()
    original = textured_image(9)
    original.save(photos / f"x.{kind}", quality=95, exif=exif_of_a_phone())
    content = run(photos)
    (image,) = (image for image in content["images"] if image["name"].startswith("x."))
    assert image["name"] == f"x.{kind}.jpg"
    assert image["verdict"] == "accepted"
    assert image["changes"] == [f"{FORMAT_NAMES[kind]} to JPEG"]
    assert (image["reason"], image["source_name"]) == ("", f"x.{kind}")
    assert image["focal_length_px"] == pytest.approx(26 / 43.27 * 400)
    path = tmp_path / "artifacts" / "capture" / "images" / image["name"]
    assert path.stat().st_size == image["bytes"]
    with Image.open(path) as jpeg:
        assert jpeg.format == "JPEG"
        assert jpeg.getexif()[Base.Model] == "iPhone 15"
        difference = np.abs(np.asarray(jpeg, float) - np.asarray(original, float)).mean()
    assert difference < 8


def test_a_turned_heic_is_turned_once(photos, run, tmp_path):
    pillow_heif.register_heif_opener()
    textured_image(9).save(photos / "x.heic", exif=exif_of_a_phone(orientation=6))
    (image,) = (image for image in run(photos)["images"] if image["name"] == "x.heic.jpg")
    assert (image["width"], image["height"], image["orientation"]) == (240, 320, 1)


def test_a_name_that_is_taken_already(photos, run):
    pillow_heif.register_heif_opener()
    textured_image(9).save(photos / "x.heic")
    textured_image(10).save(photos / "x.heic.jpg")
    names = run(photos)["names"]
    assert "images/x.heic.jpg" in names
    assert "images/x.heic~2.jpg" in names


def test_the_same_heic_twice(photos, run):
    pillow_heif.register_heif_opener()
    textured_image(9).save(photos / "x.heic")
    (photos / "y.heic").write_bytes((photos / "x.heic").read_bytes())
    images = {image["name"]: image["verdict"] for image in run(photos)["images"]}
    assert images["x.heic.jpg"] == "accepted"
    assert images["y.heic.jpg"] == "duplicate"
