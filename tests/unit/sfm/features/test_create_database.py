import pycolmap
import pytest

from components.sfm.capture import read_capture
from components.sfm.features.create_database import create_database
from components.shared.files import write_json
from tests.unit.sfm.sfm_captures import accepted

LARGE = {"id": 7, "width": 800, "height": 600, "focal_length_px": 693.0}
SMALL = {"id": 9, "width": 400, "height": 600, "focal_length_px": None}
UNUSED = {"id": 8, "width": 10, "height": 10, "focal_length_px": None}


@pytest.fixture
def capture(tmp_path):
    """Six photos of one camera with two of another among them; the first one was rejected."""
    names = ["a/IMG 1.JPG", "b/IMG 1.JPG", *(f"{i}.jpg" for i in range(3, 9))]
    images = [accepted(name, 9 if name[0] in "b5" else 7) for name in names]
    images.insert(0, {"name": "0.jpg", "verdict": "corrupt", "reason": "", "camera_group": None})
    groups = [LARGE, UNUSED, SMALL]
    content = {"schema": 1, "images": images, "camera_groups": groups, "ordered": True}
    write_json(tmp_path / "capture.json", content)
    return read_capture(tmp_path)


@pytest.fixture
def database(capture, tmp_path):
    create_database(tmp_path / "features.db", capture, 1600)
    with pycolmap.Database.open(tmp_path / "features.db") as opened:
        yield opened


def test_photos_are_numbered_in_the_order_of_the_capture(capture, database):
    assert [(image.image_id, image.name) for image in database.read_all_images()][:3] == [
        (1, "000001.JPG"),
        (2, "000002.JPG"),
        (3, "000003.jpg"),
    ]
    assert [photo.name for photo in capture.photos][:2] == ["a/IMG 1.JPG", "b/IMG 1.JPG"]
    assert database.num_frames() == database.num_images() == 8


def test_each_group_is_one_camera_with_the_focal_length_that_is_known(database):
    cameras = {(camera.width, camera.height): camera for camera in database.read_all_cameras()}
    assert set(cameras) == {(800, 600), (400, 600)}
    large, small = cameras[800, 600], cameras[400, 600]
    assert (large.mean_focal_length(), large.has_prior_focal_length) == (693.0, True)
    assert (small.mean_focal_length(), small.has_prior_focal_length) == (720.0, False)
    counts = [image.camera_id for image in database.read_all_images()]
    assert (counts.count(large.camera_id), counts.count(small.camera_id)) == (6, 2)


def test_few_photos_get_a_simpler_camera_model(database):
    models = {camera.width: camera.model.name for camera in database.read_all_cameras()}
    assert models == {800: "RADIAL", 400: "SIMPLE_RADIAL"}


def test_cameras_of_photos_that_are_shrunk_shrink_with_them(capture, tmp_path):
    create_database(tmp_path / "small.db", capture, 200)
    with pycolmap.Database.open(tmp_path / "small.db") as opened:
        cameras = {(camera.width, camera.height): camera for camera in opened.read_all_cameras()}
    assert set(cameras) == {(200, 150), (133, 200)}
    assert cameras[200, 150].mean_focal_length() == pytest.approx(693.0 / 4)
    assert cameras[133, 200].mean_focal_length() == pytest.approx(240.0)


def test_the_summary_lists_rejected_photos(capture):
    assert capture.summary.to_json() == {
        "images": 9,
        "accepted": 8,
        "rejected": [{"name": "0.jpg", "verdict": "corrupt", "reason": ""}],
        "changes": {},
        "notes": [],
        "ordered": True,
    }
