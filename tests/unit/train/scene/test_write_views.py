import numpy as np
import torch

from components.shared.held_out_photos import read_held_out
from components.shared.scene import Camera
from components.shared.training_cameras import CAMERAS_FILE, TrainingCameras
from components.train.scene.views import TrainingView, Views
from components.train.scene.write_views import write_views


def view(name, **changes):
    pixels = torch.from_numpy(np.random.default_rng(0).integers(0, 256, (6, 8, 3), dtype=np.uint8))
    return TrainingView(name, Camera(np.eye(4), np.diag([9.0, 9.0, 1.0]), 8, 6), pixels, **changes)


def test_later_stages_know_all_cameras_and_see_the_photos_held_out(tmp_path):
    mask = torch.ones(6, 8, dtype=torch.bool)
    mask[2:4] = False
    write_views(Views([[view("a/1.jpg"), view("a/2.jpg")]], [view("a/0.jpg", mask=mask)]), tmp_path)
    cameras = TrainingCameras.read(tmp_path / CAMERAS_FILE)
    assert [each.name for each in cameras.cameras] == ["a/1.jpg", "a/2.jpg"]
    (photo,) = read_held_out(tmp_path / CAMERAS_FILE)
    assert photo.name == "a/0.jpg"
    np.testing.assert_array_equal(photo.pixels, view("").pixels.numpy())
    np.testing.assert_array_equal(photo.mask, mask.numpy())


def test_of_many_held_out_photos_some_are_left(tmp_path):
    held_out = [view(f"{number:03}.jpg") for number in range(160)]
    write_views(Views([[view("a.jpg")]], held_out), tmp_path)
    names = [photo.name for photo in read_held_out(tmp_path / CAMERAS_FILE)]
    assert len(names) == 64
    assert (names[0], names[-1]) == ("000.jpg", "159.jpg")
