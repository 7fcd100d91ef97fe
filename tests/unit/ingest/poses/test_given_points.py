import numpy as np
import pytest

from components.ingest.poses.given_points import read_given_points
from components.ingest.poses.given_poses import GivenPoses
from components.ingest.source.source_file import SourceFile
from components.shared.point_cloud import PointCloud, write_point_cloud

POINTS = PointCloud(
    np.random.default_rng(0).normal(size=(200, 3)).astype(np.float32),
    np.random.default_rng(1).integers(0, 256, (200, 3), np.uint8),
)


def read(path, notes):
    return read_given_points(GivenPoses(points=SourceFile("sparse_pc.ply", path)), notes)


def test_points_with_their_colors(tmp_path):
    write_point_cloud(POINTS, tmp_path / "points.ply")
    notes = []
    found = read(tmp_path / "points.ply", notes)
    np.testing.assert_array_equal(found.positions, POINTS.positions)
    np.testing.assert_array_equal(found.colors, POINTS.colors)
    assert notes == []


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"<html>", "does not start with the line 'ply'"),
        (b"ply\nformat ascii 1.0\nelement vertex 1\nproperty float x\nend_header\n1\n", "it lacks y, z"),
        (
            b"ply\nformat ascii 1.0\nelement vertex 1\nproperty float x\nproperty float y\nproperty float z\n"
            b"end_header\n1 2 3\n",
            "it has 1 points, and 100 are needed",
        ),
        (
            b"ply\nformat binary_little_endian 1.0\nelement vertex 999999999999\nproperty float x\n"
            b"property float y\nproperty float z\nend_header\n",
            "it is incomplete",
        ),
    ],
)
def test_points_that_cannot_be_used_are_noted(tmp_path, content, words):
    (tmp_path / "points.ply").write_bytes(content)
    notes = []
    assert read(tmp_path / "points.ply", notes) is None
    assert notes[0].startswith("sparse_pc.ply, the points that came with the poses, was not used: ")
    assert words in notes[0]


def test_points_that_were_not_fetched_and_poses_without_points():
    notes = []
    assert read(None, notes) is None
    assert "was not fetched" in notes[0]
    assert read_given_points(GivenPoses(), notes) is None
    assert read_given_points(None, notes) is None
    assert len(notes) == 1
