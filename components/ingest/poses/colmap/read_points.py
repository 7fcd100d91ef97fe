"""Read the points of a COLMAP model, without the photos that see them."""

from __future__ import annotations

import struct

import numpy as np

from components.ingest.poses.colmap.binary_model import binary_file
from components.ingest.poses.colmap.text_model import lines_of, shown
from components.ingest.poses.damaged import damaged
from components.ingest.source.source_file import SourceFile
from components.shared.point_cloud import PointCloud

_POINT = np.dtype([("id", "<u8"), ("place", "<f8", 3), ("color", "u1", 3), ("error", "<f8"), ("seen", "<u8")])
"""What precedes the track of a point."""
_SEEN = struct.Struct("<Q")
_TRACK_BYTES = 8
_MOST_POINTS = 50_000_000
_ROWS_AT_ONCE = 1 << 16


def read_points(file: SourceFile, *, most: int) -> PointCloud:
    """Points of `points3D.bin` or `points3D.txt`, up to `MAX_PLACE`; a random sample of more than `most`.

    Raises:
        InputError: the file is damaged.
    """
    positions, colors = _read_text(file) if file.name.endswith(".txt") else _read_binary(file, most)
    return PointCloud(positions, colors).sample(most)


def _read_binary(file: SourceFile, most: int) -> tuple[np.ndarray, np.ndarray]:
    """Positions float64 [N, 3] and colors uint8 [N, 3] of at most `most` points, a random sample of more."""
    with binary_file(file) as data:
        count = data.count("points", _POINT.itemsize)
        if count > _MOST_POINTS:
            raise damaged(file.name, f"it has {count} points; the limit is {_MOST_POINTS}")
        starts = np.empty(count, np.int64)
        before = _POINT.itemsize - _SEEN.size
        for index in range(count):
            starts[index] = data.at
            data.skip(before)
            (seen,) = data.unpack(_SEEN)
            data.skip(seen * _TRACK_BYTES)
        data.refuse_rest("point")
        if count > most:
            starts = np.sort(np.random.default_rng(0).choice(starts, most, replace=False))
        points = np.empty(len(starts), _POINT)
        content = np.frombuffer(data.data, np.uint8)
        for first in range(0, len(starts), _ROWS_AT_ONCE):
            some = starts[first : first + _ROWS_AT_ONCE]
            heads = content[some[:, None] + np.arange(_POINT.itemsize)]
            points[first : first + len(some)] = heads.view(_POINT)[:, 0]
        del content  # the map cannot be closed while an array shows it
    return points["place"], points["color"]


def _read_text(file: SourceFile) -> tuple[np.ndarray, np.ndarray]:
    """Positions float64 [N, 3] and colors uint8 [N, 3]."""
    positions: list[tuple[float, ...]] = []
    colors: list[tuple[int, ...]] = []
    for number, line in lines_of(file):
        if not line or line.startswith("#"):
            continue
        fields = line.split(None, 8)
        try:
            x, y, z = map(float, fields[1:4])
            red, green, blue = map(int, fields[4:7])
        except ValueError as error:
            raise damaged(file.name, f"line {number}: {shown(line)} is not a point") from error
        if not 0 <= min(red, green, blue) <= max(red, green, blue) <= 255:
            raise damaged(file.name, f"line {number}: a color of {shown(line)} is not from 0 to 255")
        positions.append((x, y, z))
        colors.append((red, green, blue))
        if len(positions) > _MOST_POINTS:
            raise damaged(file.name, f"it has more than {_MOST_POINTS} points, the limit")
    return np.array(positions, np.float64).reshape(-1, 3), np.array(colors, np.uint8).reshape(-1, 3)
