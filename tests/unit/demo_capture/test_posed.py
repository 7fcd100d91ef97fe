"""The demo as a capture of Blender's kind: equal bytes, exact poses, transparent where nothing is."""

import json

import numpy as np
import pytest
from PIL import Image

from demo_capture.posed import ANGLE_X, DISTANCE_M, ObjectCapture

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def capture() -> ObjectCapture:
    return ObjectCapture.plan(train=3, test=1, size=80)


def test_equal_arguments_give_equal_bytes(capture, tmp_path):
    capture.write(tmp_path / "a")
    ObjectCapture.plan(train=3, test=1, size=80).write(tmp_path / "b")
    files = sorted(path.relative_to(tmp_path / "a") for path in (tmp_path / "a").rglob("*.*"))
    assert [str(file) for file in files] == [
        *("test/r_0.png", "train/r_0.png", "train/r_1.png", "train/r_2.png"),
        *("transforms_test.json", "transforms_train.json"),
    ]
    assert all((tmp_path / "a" / file).read_bytes() == (tmp_path / "b" / file).read_bytes() for file in files)


def test_surface_points_are_opaque_where_their_photo_shows_them(capture, tmp_path):
    capture.write(tmp_path)
    points, colors = capture.surface_points(600)
    transforms = json.loads((tmp_path / "transforms_train.json").read_text())
    focal = 40 / np.tan(transforms["camera_angle_x"] / 2)
    for index, (places, painted) in enumerate(zip(np.split(points, 3), np.split(colors, 3), strict=True)):
        pose = np.array(transforms["frames"][index]["transform_matrix"])
        x, y, z = ((places - pose[:3, 3]) @ pose[:3, :3]).T
        column, row = (40 - focal * x / z).astype(int), (40 + focal * y / z).astype(int)
        photo = np.asarray(Image.open(tmp_path / f"train/r_{index}.png"))
        assert (photo[row, column, 3] == 255).all()
        np.testing.assert_array_equal(photo[row, column, :3], painted)
    assert (transforms["camera_angle_x"], np.linalg.norm(pose[:3, 3])) == pytest.approx((ANGLE_X, DISTANCE_M))


def test_edges_are_transparent_in_part_and_keep_their_color(capture, tmp_path):
    capture.write(tmp_path)
    photo = np.asarray(Image.open(tmp_path / "train/r_0.png")).astype(float)
    alpha = photo[..., 3]
    assert (alpha == 0).mean() > 0.4
    is_edge = (alpha > 0) & (alpha < 255)
    assert is_edge.sum() > 30
    assert photo[is_edge, :3].mean() == pytest.approx(photo[alpha == 255, :3].mean(), rel=0.3)
