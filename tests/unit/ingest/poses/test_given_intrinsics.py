import math
import re

import pytest

from components.ingest.poses.given_intrinsics import Intrinsics, intrinsics_of
from components.ingest.poses.transforms_file import CameraEntries
from components.shared.contracts.capture import Lens


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
    ("entries", "lens", "distortion"),
    [
        ({}, Lens.PINHOLE, ()),
        ({"camera_model": "OPENCV", "k1": 0.0, "k4": 0.0}, Lens.PINHOLE, ()),
        ({"k1": 1e-12}, Lens.PINHOLE, ()),
        ({"k1": 0.1, "k2": 0.2, "p1": 0.01, "p2": 0.02}, Lens.OPENCV, (0.1, 0.2, 0.01, 0.02)),
        ({"camera_model": "SIMPLE_RADIAL", "k1": -0.1}, Lens.OPENCV, (-0.1, 0.0, 0.0, 0.0)),
        ({"k1": 0.1, "k3": 0.3, "p1": 0.01}, Lens.FULL_OPENCV, (0.1, 0.0, 0.01, 0.0, 0.3, 0.0, 0.0, 0.0)),
        ({"camera_model": "opencv_fisheye", "k2": 0.1}, Lens.OPENCV_FISHEYE, (0.0, 0.1, 0.0, 0.0)),
        ({"is_fisheye": True}, Lens.OPENCV_FISHEYE, (0.0, 0.0, 0.0, 0.0)),
        ({"distortion_params": [0.1, 0.2, 0, 0, 0.01, 0.02]}, Lens.OPENCV, (0.1, 0.2, 0.01, 0.02)),
        ({"k1": 0.1, "distortion_params": [0.0] * 12}, Lens.PINHOLE, ()),
    ],
)
def test_distortion_is_that_of_colmaps_model(entries, lens, distortion):
    intrinsics = intrinsics_of(CameraEntries(fl_x=300.0, **entries), "transforms.json")
    assert (intrinsics.lens, intrinsics.distortion) == (lens, distortion)


def test_intrinsics_by_the_longer_side_are_for_photos_of_any_size_and_orientation():
    stated = Intrinsics((0.75, 0.75), (0.01, -0.02), None, None, of_longer_side=True)
    assert stated.in_pixels(400, 300) == ((300.0, 300.0), (204.0, 142.0))
    assert stated.in_pixels(300, 400) == ((300.0, 300.0), (154.0, 192.0))
    assert stated.fits(300, 400)


def lens(model: Lens, *distortion: float, focal: float = 300.0) -> Intrinsics:
    return Intrinsics((focal, focal), None, None, None, model, distortion)


@pytest.mark.parametrize(
    "usual",
    [
        lens(Lens.PINHOLE, focal=45.0),
        lens(Lens.OPENCV, -0.3, 0.1, 0.0, 0.0),
        lens(Lens.OPENCV, 0.2, 0.0, 0.0, 0.0),
        lens(Lens.FULL_OPENCV, -0.3, 0.1, 0.0, 0.0, 0.02, 0.0, 0.0, 0.0),
        lens(Lens.FULL_OPENCV, -1.5, 0.0, 0.0, 0.0, 0.0, -1.5, 0.0, 0.0),
        lens(Lens.OPENCV_FISHEYE, 0.0, 0.0, 0.0, 0.0),
        lens(Lens.OPENCV_FISHEYE, 0.05, -0.01, 0.0, 0.0, focal=140.0),
    ],
)
def test_usual_lenses_can_be_undistorted(usual):
    assert usual.undistortion_problem(320, 240) == ""


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        (lens(Lens.PINHOLE, focal=0.9), "focal length of 0.9 .* is 89.68 degrees from the axis; 75 are"),
        (lens(Lens.PINHOLE, focal=35.0), "is 77.66 degrees from the axis"),
        (
            Intrinsics((300.0, 300.0), (3200.0, 120.0), None, None),
            "principal point of 3200, 120 pixels, an edge of the photo is 84.64 degrees",
        ),
        (lens(Lens.OPENCV, -1.5, 0.0, 0.0, 0.0), r"the lens \(OPENCV, -1\.5 0 0 0\).* folds back"),
        (lens(Lens.OPENCV, 0.0, -5.0, 0.0, 0.0), "folds back"),
        (lens(Lens.FULL_OPENCV, 0.0, 0.0, 0.0, 0.0, 0.0, 5.0, 0.0, 0.0), "folds back"),
        (lens(Lens.OPENCV_FISHEYE, 0.0, 0.0, 0.0, 0.0, focal=100.0), "75 degrees .* is 160 pixels away"),
    ],
)
def test_lenses_that_no_pinhole_can_show_are_refused(wrong, words):
    assert re.search(words, wrong.undistortion_problem(320, 240))
