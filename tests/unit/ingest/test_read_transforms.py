import json
import math

import numpy as np
import pytest

from components.ingest.read_transforms import Intrinsics, read_transforms
from components.ingest.source_file import SourceFile
from components.shared.errors import InputError

ROTATED = np.array([[0.0, 0, 1, 4], [1, 0, 0, 0], [0, 1, 0, 1], [0, 0, 0, 1]])


@pytest.fixture
def read(tmp_path):
    """The frames of a file with this content, which is in the folder `shoot` of the capture."""

    def read(name="transforms.json", held_out=False, **content):
        path = tmp_path / name
        path.write_text(json.dumps(content))
        return read_transforms(SourceFile(f"shoot/{name}", path), held_out=held_out)

    return read


def one_frame(matrix=ROTATED, **entries):
    return [{"file_path": "./train/a.png", "transform_matrix": np.asarray(matrix).tolist(), **entries}]


def test_a_frame_has_its_path_in_the_capture_and_the_entries_of_the_file(read):
    (frame,) = read(fl_x=300.0, w=640, h=480, frames=one_frame(cx=310, cy=250))
    assert (frame.path, frame.source) == ("shoot/train/a.png", "shoot/transforms.json")
    assert frame.intrinsics == Intrinsics((300.0, 300.0), (310.0, 250.0), (640, 480), None)
    assert frame.world_from_camera == tuple(map(tuple, ROTATED.tolist()))
    assert (frame.z_is_up, frame.held_out) == (False, False)


def test_blenders_files_have_z_up_and_test_files_are_held_out(read):
    (frame,) = read("transforms_test.json", held_out=True, camera_angle_x=1.0, frames=one_frame())
    assert (frame.z_is_up, frame.held_out) == (True, True)


def test_a_uniform_scale_is_removed(read):
    scaled = ROTATED.copy()
    scaled[:3, :3] *= 2.5
    (frame,) = read(fl_x=300.0, frames=one_frame(scaled))
    np.testing.assert_allclose(frame.world_from_camera, ROTATED, atol=1e-12)


def test_intrinsics_are_scaled_to_smaller_copies():
    stated = Intrinsics((640.0, 620.0), (330.0, 250.0), (640, 480), None)
    assert stated.in_pixels(320, 240) == ((320.0, 310.0), (165.0, 125.0))
    assert stated.fits(320, 240)
    assert not stated.fits(320, 320)


def test_a_field_of_view_gives_the_focal_length():
    stated = Intrinsics(None, None, None, 1.0)
    focal, center = stated.in_pixels(320, 240)
    assert focal == pytest.approx([160 / math.tan(0.5)] * 2)
    assert center == (160.0, 120.0)
    assert stated.fits(17, 5)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"k1": 0.03}, "lenses with distortion (k1 0.03)"),
        ({"camera_model": "OPENCV_FISHEYE"}, "lenses with distortion (OPENCV_FISHEYE)"),
        ({"fl_x": None}, "it has neither a focal length (fl_x) nor an angle of view"),
        ({"fl_x": -1.0}, "a focal length is -1"),
        ({"fl_x": "wide"}, "fl_x is 'wide'; it must be a number"),
        ({"fl_x": math.nan}, "fl_x is nan; it must be a finite number"),
        ({"frames": "none"}, "frames is 'none'; it must be a list"),
        ({"frames": [{"file_path": "a.png"}]}, "frames[0].transform_matrix is missing"),
        ({"frames": one_frame(np.eye(3))}, "./train/a.png does not have 4 x 4 numbers"),
        (
            {"frames": one_frame(np.full((4, 4), np.nan))},
            "transform_matrix[0][0] is nan; it must be a finite",
        ),
        ({"frames": one_frame(np.diag([1, 2, 1, 1]))}, "it scales axes by 2 to 1"),
        ({"frames": one_frame(np.diag([1, 0, 1, 1]))}, "it scales axes by infinity"),
        ({"frames": one_frame(np.diag([1, 1, -1, 1]))}, "it mirrors"),
    ],
)
def test_a_file_that_cannot_be_used(read, changes, words):
    with pytest.raises(InputError, match=r"shoot/transforms\.json") as error:
        read(**{"fl_x": 300.0, "frames": one_frame(), **changes})
    assert words in error.value.message
    assert "out of the capture" in error.value.remedy


def test_a_file_that_is_cut_off(tmp_path):
    path = tmp_path / "transforms.json"
    path.write_text('{"frames": [')
    with pytest.raises(InputError, match=r"the poses in transforms\.json cannot be read") as error:
        read_transforms(SourceFile("transforms.json", path), held_out=False)
    assert "Export the file again" in error.value.remedy
