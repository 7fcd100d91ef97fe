import numpy as np
import pycolmap
import pytest

from components.sfm.capture import read_capture
from components.sfm.features.create_database import (
    create_database,
    is_exact,
)
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


@pytest.fixture
def mixed(tmp_path):
    """A 360° photo with views ahead and to the right, one with a view ahead, and a flat photo."""
    ahead, right = (1.0, 0.0, 0.0, 0.0), (0.5**0.5, 0.0, -(0.5**0.5), 0.0)
    images = [
        {**accepted(f"{frame}/{name}.jpg", 1), "rig": {"frame": f"{frame}.jpg", "cam_from_rig": rotation}}
        for frame, name, rotation in (("a", "000", ahead), ("a", "090", right), ("b", "000", ahead))
    ]
    groups = [{"id": 1, "width": 400, "height": 400, "focal_length_px": 200.0, "is_exact": True}, LARGE]
    content = {"images": [*images, accepted("c.jpg", 7)], "camera_groups": groups, "ordered": False}
    write_json(tmp_path / "capture.json", {"schema": 1, **content})
    return read_capture(tmp_path)


def test_views_of_360_photos_are_a_rig(mixed, tmp_path):
    create_database(tmp_path / "mixed.db", mixed, 1600)
    with pycolmap.Database.open(tmp_path / "mixed.db") as opened:
        cameras = {camera.camera_id: camera for camera in opened.read_all_cameras()}
        frames = {frame.frame_id: frame for frame in opened.read_all_frames()}
        rig = next(rig for rig in opened.read_all_rigs() if rig.num_sensors() == 2)
    assert [photo.frame for photo in mixed.photos] == [1, 1, 3, 4]
    assert {id_: sorted(data.id for data in frame.data_ids) for id_, frame in frames.items()} == {
        1: [1, 2],
        3: [3],
        4: [4],
    }
    assert frames[1].rig_id == frames[3].rig_id == rig.rig_id != frames[4].rig_id
    ((_, right_from_ahead),) = rig.non_ref_sensors.items()
    assert right_from_ahead.rotation.matrix() @ [1, 0, 0] == pytest.approx([0, 0, 1], abs=1e-9)
    assert not np.any(right_from_ahead.translation)
    exact = [camera.params.tolist() for camera in cameras.values() if is_exact(camera)]
    assert exact == [[200, 200, 200, 200], [200, 200, 200, 200]]
    assert len(cameras) == 3
