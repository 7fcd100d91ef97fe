import struct
import time

import numpy as np
import pytest

from components.ingest.poses.colmap.read_points import read_points
from components.ingest.source.source_file import SourceFile
from components.shared.errors import InputError
from tests.unit.ingest.poses.colmap.models import make_model, write_model

POINT = struct.pack("<Q3d3BdQ", 1, 1.0, 2.0, 3.0, 10, 20, 30, 0.5, 2) + struct.pack("<4I", 1, 0, 2, 0)


@pytest.fixture
def read(tmp_path):
    def read(content: bytes, suffix: str = ".bin", most: int = 10**6):
        path = tmp_path / f"points3D{suffix}"
        path.write_bytes(content)
        return read_points(SourceFile(f"sparse/{path.name}", path), most=most)

    return read


def binary(*points: bytes, count: int | None = None) -> bytes:
    return struct.pack("<Q", len(points) if count is None else count) + b"".join(points)


@pytest.mark.parametrize("suffix", [".bin", ".txt"])
def test_points_with_tracks_have_their_places_and_colors(tmp_path, suffix):
    model = make_model(points=300)
    write_model(model, tmp_path, text=suffix == ".txt")
    found = read_points(SourceFile("a" + suffix, tmp_path / f"points3D{suffix}"), most=1000)
    order = np.lexsort(found.positions.T)
    positions = np.array([point.xyz for point in model.points3D.values()])
    colors = np.array([point.color for point in model.points3D.values()])
    expected = np.lexsort(positions.T)
    np.testing.assert_array_equal(found.positions[order], positions[expected])
    np.testing.assert_array_equal(found.colors[order], colors[expected])


@pytest.mark.parametrize("suffix", [".bin", ".txt"])
def test_of_too_many_points_a_sample_is_read(tmp_path, suffix):
    model = make_model(points=300)
    write_model(model, tmp_path, text=suffix == ".txt")
    file = SourceFile("a" + suffix, tmp_path / f"points3D{suffix}")
    sample, all_points = read_points(file, most=50), read_points(file, most=300)
    assert len(sample) == 50
    assert {tuple(place) for place in sample.positions} <= {tuple(place) for place in all_points.positions}


def test_points_at_no_place_are_left_out(read):
    lost = [struct.pack("<Q3d3BdQ", 2, x, 0, 0, 1, 2, 3, 0.0, 0) for x in (np.nan, np.inf, 1e300)]
    found = read(binary(lost[0], POINT, *lost[1:]))
    assert found.positions.tolist() == [[1, 2, 3]]
    assert found.colors.tolist() == [[10, 20, 30]]
    text = b"# c\r\n\r\n1 nan 0 0 1 2 3 0\r\n2 1 2 3 10 20 30 -1 1 0 2 0\r\n"
    assert read(text, ".txt").positions.tolist() == [[1, 2, 3]]


def test_a_model_without_points_has_none(read):
    assert len(read(binary())) == 0
    assert len(read(b"# nothing\n", ".txt")) == 0


@pytest.mark.parametrize(
    ("content", "suffix", "words"),
    [
        (b"", ".bin", "it is empty"),
        (binary(POINT)[:-1], ".bin", "it is cut off"),
        (binary(POINT, count=2), ".bin", "it claims 2 points and has 67 bytes"),
        (binary(POINT, count=2**64 - 1), ".bin", "it claims 18446744073709551615 points"),
        (binary(POINT, POINT, count=1), ".bin", "67 bytes follow after its last point, at byte 75"),
        (binary(POINT[:43] + struct.pack("<Q", 2**61) + POINT[51:]), ".bin", "it is cut off"),
        (b"1 0 0 0 1 2\n", ".txt", "line 1: '1 0 0 0 1 2' is not a point"),
        (b"\n1 0 0 x 1 2 3 0\n", ".txt", "line 2: '1 0 0 x 1 2 3 0' is not a point"),
        (b"1 0 0 0 1 2 256 0\n", ".txt", "line 1: a color of '1 0 0 0 1 2 256 0' is not from 0 to 255"),
    ],
)
def test_damaged_points_are_refused(read, content, suffix, words):
    with pytest.raises(InputError) as error:
        read(content, suffix)
    assert words in error.value.message
    assert f"sparse/points3D{suffix}" in error.value.message


@pytest.mark.slow
def test_half_a_million_points_take_seconds(read):
    content = binary(*[POINT] * 500_000)
    started = time.process_time()
    assert len(read(content, most=500_000)) == 500_000
    assert time.process_time() - started < 10
