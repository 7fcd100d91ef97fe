import numpy as np
import pytest
from PIL import Image

from components.sfm.capture import CapturePhoto
from components.sfm.features.shrink_photos import shrink_photos
from components.shared.progress import ignore_progress
from tests.unit.sfm.sfm_captures import capture_of

NAMES = ("a/IMG 1.JPG", "b/IMG 1.JPG", "gray.png", "cut out.png")


@pytest.fixture
def capture(tmp_path):
    """Two photos of one name in two folders, a grey one, and a transparent one; the second one is small."""
    images = [
        Image.new("RGB", (800, 600), "red"),
        Image.new("RGB", (200, 150), "blue"),
        Image.new("L", (801, 401), 77),
        Image.new("RGBA", (400, 800), (255, 255, 255, 255)),
    ]
    photos = []
    for number, (name, image) in enumerate(zip(NAMES, images, strict=True), start=1):
        path = tmp_path / "images" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        image.save(path)
        photos.append(CapturePhoto(number, name, *image.size, 0, 1, None))
    return capture_of(photos, tmp_path)


def test_photos_get_colmap_names_and_are_no_larger_than_asked_for(capture, tmp_path):
    seen = []
    shrink_photos(capture, tmp_path / "out", 400, seen.append)
    images = {path.name: Image.open(path) for path in (tmp_path / "out").iterdir()}
    assert {name: image.size for name, image in images.items()} == {
        "000001.JPG": (400, 300),
        "000002.JPG": (200, 150),
        "000003.png": (400, 200),
        "000004.png": (200, 400),
    }
    assert [images[name].mode for name in sorted(images)] == ["RGB", "RGB", "L", "RGBA"]
    assert [progress.note for progress in seen] == [f"{count} of 4 photos" for count in (1, 2, 3, 4)]
    red, blue, gray, white = (np.asarray(images[name].convert("RGB"))[50, 50] for name in sorted(images))
    np.testing.assert_allclose([red, blue], [[255, 0, 0], [0, 0, 255]], atol=3)
    np.testing.assert_allclose([gray, white], [[77] * 3, [255] * 3], atol=1)


def test_photos_that_fit_are_not_touched(capture, tmp_path):
    shrink_photos(capture, tmp_path / "out", 1600, ignore_progress)
    for photo in capture.photos:
        assert (tmp_path / "out" / photo.colmap_name).resolve() == (tmp_path / "images" / photo.name)


def test_a_photo_decoded_at_a_quarter_keeps_its_geometry(tmp_path):
    """602 rows are 150.5 rows at a quarter; the last row of the decoder lies half beyond the border."""
    edge = np.zeros((602, 800, 3), np.uint8)
    edge[560:] = 200
    (tmp_path / "images").mkdir()
    Image.fromarray(edge).save(tmp_path / "images" / "edge.jpg", quality=98)
    capture = capture_of([CapturePhoto(1, "edge.jpg", 800, 602, 0, 1, None)], tmp_path)
    shrink_photos(capture, tmp_path / "out", 200, ignore_progress)
    with Image.open(tmp_path / "out" / "000001.jpg") as image:
        rows = np.asarray(image, float).mean(axis=(1, 2))
    assert rows.sum() / 200 == pytest.approx((602 - 560) / 602 * len(rows), abs=0.15)
