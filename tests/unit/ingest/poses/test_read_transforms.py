import json
import math

import numpy as np
import pytest

from components.ingest.poses.given_intrinsics import Intrinsics
from components.ingest.poses.read_transforms import read_transforms
from components.ingest.source.source_file import SourceFile
from components.shared.errors import InputError

ROTATED = np.array([[0.0, 0, 1, 4], [1, 0, 0, 0], [0, 1, 0, 1], [0, 0, 0, 1]])


@pytest.fixture
def read(tmp_path):
    """The frames of a file with this content, which is in the folder `shoot` of the capture."""

    def read(name="transforms.json", encoding="utf-8", **content):
        path = tmp_path / name
        path.write_text(json.dumps(content), encoding=encoding)
        return read_transforms(SourceFile(f"shoot/{name}", path)).frames

    return read


def one_frame(matrix=ROTATED, **entries):
    return [{"file_path": "./train/a.png", "transform_matrix": np.asarray(matrix).tolist(), **entries}]


def test_a_frame_has_its_path_in_the_capture_and_the_entries_of_the_file(read):
    (frame,) = read(fl_x=300.0, w=640, h=480, frames=one_frame(cx=310, cy=250))
    assert (frame.path, frame.path_in_capture) == ("./train/a.png", "shoot/train/a.png")
    assert frame.source == "shoot/transforms.json"
    assert frame.intrinsics == Intrinsics((300.0, 300.0), (310.0, 250.0), (640, 480), None)
    assert frame.world_from_camera == tuple(map(tuple, ROTATED.tolist()))
    assert not frame.z_is_up


def test_blenders_files_have_z_up(read):
    (frame,) = read("transforms_test.json", camera_angle_x=1.0, frames=one_frame())
    assert frame.z_is_up


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-32"])
def test_any_unicode_encoding_is_read(read, encoding):
    (frame,) = read(encoding=encoding, fl_x=300.0, frames=one_frame())
    assert frame.path == "./train/a.png"


def test_frames_may_be_an_object_by_path_and_numbers_text(read):
    matrix = one_frame()[0]["transform_matrix"]
    (frame,) = read(fl_x="300", w="640", h=480, frames={"b.png": {"transform_matrix": matrix[:3]}})
    assert frame.path == "b.png"
    assert frame.intrinsics == Intrinsics((300.0, 300.0), None, (640, 480), None)
    assert frame.world_from_camera == tuple(map(tuple, ROTATED.tolist()))


def test_a_uniform_scale_is_removed(read):
    scaled = ROTATED.copy()
    scaled[:3, :3] *= 2.5
    (frame,) = read(fl_x=300.0, frames=one_frame(scaled))
    np.testing.assert_allclose(frame.world_from_camera, ROTATED, atol=1e-12)


def test_the_last_row_may_be_zero(read):
    (frame,) = read(fl_x=300.0, frames=one_frame([*ROTATED[:3], np.zeros(4)]))
    assert frame.world_from_camera == tuple(map(tuple, ROTATED.tolist()))


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"camera_model": "EQUIRECTANGULAR"}, "cameras of the model EQUIRECTANGULAR"),
        ({"k4": 0.1}, "k4 is 0.1; of a lens that is no fisheye"),
        ({"fl_x": None}, "./train/a.png has neither a focal length (fl_x) nor an angle of view"),
        ({"fl_x": -1.0}, "fl_x is -1.0; it must be a number from 0.001 to 10,000,000 pixels"),
        ({"fl_x": "wide"}, "fl_x is 'wide'; it must be a number"),
        ({"fl_x": math.nan}, "fl_x is nan; it must be a number"),
        ({"fl_x": True}, "fl_x is True; it must be a number"),
        ({"fl_y": 1e300}, "fl_y is 1e+300; it must be a number"),
        ({"cx": math.inf}, "cx is inf; it must be a number"),
        ({"w": 0}, "w is 0; it must be a number from 1 to 1,000,000 pixels"),
        ({"k1": 1e9}, "k1 is 1000000000.0; it must be a number"),
        (
            {"camera_angle_x": 60},
            "camera_angle_x is 60; it must be an angle in radians, from 0.001 to 3.14; is it in degrees?",
        ),
        ({"camera_angle_x": 0}, "it must be an angle in radians, from 0.001 to 3.14"),
        ({"frames": "none"}, "frames is 'none'; it must be a list"),
        ({"frames": [{"file_path": "a.png"}]}, "frames[0].transform_matrix is missing"),
        ({"frames": one_frame(ROTATED * 1e30)}, "transform_matrix[0][2] is 1e+30; it must be a number"),
        ({"frames": one_frame(np.eye(3))}, "./train/a.png does not have 4 x 4 numbers"),
        (
            {"frames": one_frame(np.full((4, 4), np.nan))},
            "frames[0].transform_matrix[0][0] is nan; it must be a number",
        ),
        ({"frames": one_frame(np.diag([1, 2, 1, 1]))}, "it scales axes by 2 to 1"),
        ({"frames": one_frame(np.diag([1, 0, 1, 1]))}, "it scales axes by infinity"),
        ({"frames": one_frame(np.diag([0, 0, 0, 1]))}, "it scales axes by infinity"),
        ({"frames": one_frame(np.diag([1, 1, -1, 1]))}, "it mirrors"),
        (
            {"frames": one_frame(ROTATED.T)},
            "the last row 4 0 1 1, which must be 0 0 0 1; it seems to be transposed",
        ),
        ({"frames": one_frame(np.diag([1, 1, 1, 2]))}, "has the last row 0 0 0 2, which must be 0 0 0 1"),
        ({"distortion_params": [0.1, 0.2]}, "distortion_params has 2 numbers; it must have k1, k2"),
        ({"distortion_params": [math.nan] * 6}, "distortion_params[0] is nan; it must be a number"),
    ],
)
def test_a_file_that_cannot_be_used(read, changes, words):
    content = {"fl_x": 300.0, "frames": one_frame(), **changes}
    with pytest.raises(InputError, match=r"shoot/transforms\.json") as error:
        read(**content)
    assert words in error.value.message
    assert error.value.remedy


def test_a_file_that_is_cut_off(tmp_path):
    path = tmp_path / "transforms.json"
    path.write_text('{"frames": [')
    with pytest.raises(InputError, match=r"the poses in transforms\.json cannot be read") as error:
        read_transforms(SourceFile("transforms.json", path))
    assert "Export the file again" in error.value.remedy
