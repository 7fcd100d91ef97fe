import numpy as np
import pytest

from components.shared.errors import InputError
from components.shared.point_cloud import PointCloud, read_point_cloud, write_point_cloud


def cloud(count: int) -> PointCloud:
    rng = np.random.default_rng(0)
    positions = rng.normal(size=(count, 3)).astype(np.float32)
    return PointCloud(positions, rng.integers(0, 256, (count, 3), np.uint8))


def test_what_is_written_is_read_without_points_that_are_nowhere(tmp_path):
    written = cloud(50)
    written.positions[3, 1], written.positions[7, 0] = np.nan, np.inf
    write_point_cloud(written, tmp_path / "a.ply")
    read = read_point_cloud(tmp_path / "a.ply", most=1000)
    kept = np.delete(np.arange(50), [3, 7])
    np.testing.assert_array_equal(read.positions, written.positions[kept])
    np.testing.assert_array_equal(read.colors, written.colors[kept])


def test_of_too_many_points_an_equal_sample_is_read_each_time(tmp_path):
    write_point_cloud(cloud(500), tmp_path / "a.ply")
    first, second = (read_point_cloud(tmp_path / "a.ply", most=40) for _ in range(2))
    assert len(first) == 40
    np.testing.assert_array_equal(first.positions, second.positions)
    everywhere = read_point_cloud(tmp_path / "a.ply", most=500).positions
    assert set(map(tuple, first.positions)) <= set(map(tuple, everywhere))


def test_points_without_colors_are_gray(tmp_path):
    text = (
        "ply\nformat ascii 1.0\nelement vertex 1\nproperty double x\nproperty double y\nproperty double z\n"
    )
    (tmp_path / "a.ply").write_text(f"{text}end_header\n1 2 3\n")
    read = read_point_cloud(tmp_path / "a.ply", most=10)
    np.testing.assert_array_equal(read.positions, [[1, 2, 3]])
    np.testing.assert_array_equal(read.colors, [[128, 128, 128]])


def test_a_file_without_vertices_is_refused(tmp_path):
    (tmp_path / "a.ply").write_text("ply\nformat ascii 1.0\nend_header\n")
    with pytest.raises(InputError, match="no element 'vertex'"):
        read_point_cloud(tmp_path / "a.ply", most=10)


def test_points_far_from_the_origin_keep_their_places(tmp_path):
    positions = cloud(50).positions + np.array([500_000.0, 5_600_000.0, 100.0])
    positions[0, 0] = 1e300
    write_point_cloud(PointCloud(positions, cloud(50).colors), tmp_path / "a.ply")
    np.testing.assert_array_equal(read_point_cloud(tmp_path / "a.ply", most=100).positions, positions[1:])
