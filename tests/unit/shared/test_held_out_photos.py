import numpy as np
import pytest
from PIL import Image

from components.shared.errors import InputError
from components.shared.held_out_photos import HeldOutPhoto, read_held_out, write_held_out
from components.shared.scene import Camera
from components.shared.training_cameras import CAMERAS_FILE, CameraInfo, TrainingCameras

CAMERA = Camera(np.eye(4), np.diag([50.0, 50.0, 1.0]), 12, 8)


def photo(name, *, masked):
    rng = np.random.default_rng(0)
    mask = rng.random((8, 12)) < 0.5 if masked else None
    return HeldOutPhoto(name, CAMERA, rng.integers(0, 256, (8, 12, 3), dtype=np.uint8), mask)


@pytest.fixture
def cameras(tmp_path):
    photos = [photo("left/1.jpg", masked=False), photo("left/2.png", masked=True)]
    write_held_out(photos, tmp_path)
    infos = [CameraInfo.of(each.name, each.camera) for each in photos]
    TrainingCameras(cameras=[], held_out=infos).write(tmp_path / CAMERAS_FILE)
    return tmp_path / CAMERAS_FILE


def test_photos_and_masks_are_read_as_written(cameras):
    whole, half = read_held_out(cameras)
    assert [whole.name, half.name] == ["left/1.jpg", "left/2.png"]
    np.testing.assert_array_equal(whole.camera.K, CAMERA.K)
    np.testing.assert_array_equal(whole.pixels, photo("", masked=False).pixels)
    np.testing.assert_array_equal(half.pixels, photo("", masked=True).pixels)
    assert whole.mask is None
    np.testing.assert_array_equal(half.mask, photo("", masked=True).mask)


def test_files_of_earlier_versions_have_none(tmp_path):
    assert read_held_out(tmp_path / CAMERAS_FILE) == []
    (tmp_path / CAMERAS_FILE).write_text('{"schema": 1, "cameras": []}')
    assert read_held_out(tmp_path / CAMERAS_FILE) == []


@pytest.mark.parametrize("damage", ["missing", "no picture", "of another size"])
def test_a_photo_that_does_not_fit_is_named(cameras, damage):
    path = cameras.parent / "held_out" / "left" / "1.jpg.png"
    path.unlink()
    if damage == "no picture":
        path.write_bytes(b"no picture")
    elif damage == "of another size":
        Image.new("RGB", (8, 12)).save(path)
    with pytest.raises(InputError, match=r"held_out/left/1\.jpg\.png") as caught:
        read_held_out(cameras)
    assert "of one training" in caught.value.remedy
