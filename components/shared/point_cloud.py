"""Points with colors as a ply: those that a capture brings along."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from components.shared.errors import InputError
from components.shared.files import atomic_path
from components.shared.ply.columns import read_columns
from components.shared.ply.header import invalid_ply_error, read_header

_HEADER_BYTES = 1 << 20
_GRAY = 128
MAX_PLACE = 1e9
"""Points further from the origin, or nowhere, are left out."""
_PLACE, _COLOR = ["x", "y", "z"], ["red", "green", "blue"]
_ROW = np.dtype([(name, "<f8") for name in _PLACE] + [(name, "u1") for name in _COLOR])


@dataclass(frozen=True, slots=True)
class PointCloud:
    """positions [N, 3] float64, for they may be far from the origin, as in UTM; colors [N, 3] uint8 sRGB."""

    positions: np.ndarray
    colors: np.ndarray

    def __len__(self) -> int:
        return len(self.positions)

    def sample(self, most: int) -> PointCloud:
        """The points with positions up to `MAX_PLACE`; of more than `most`, a random sample."""
        rows = np.flatnonzero((np.abs(self.positions) <= MAX_PLACE).all(axis=1))
        if len(rows) > most:
            rows = np.sort(np.random.default_rng(0).choice(rows, most, replace=False))
        return PointCloud(self.positions[rows], self.colors[rows])


def read_point_cloud(path: Path, *, most: int) -> PointCloud:
    """The points with positions up to `MAX_PLACE`, gray without colors; of more than `most`, a random sample.

    Raises:
        InputError: the file is damaged, or no ply with points.
    """
    with path.open("rb") as file:
        header = read_header(file.read(_HEADER_BYTES))
        if header.find("vertex") is None:
            raise invalid_ply_error("it has no element 'vertex', so no points")
        vertices = read_columns(file, header, ["vertex"])["vertex"]
    missing = [name for name in _PLACE if name not in vertices]
    if missing:
        raise InputError(f"it lacks {', '.join(missing)}", remedy="Export the points as a .ply again.")
    positions = vertices.stack(_PLACE, np.float64)
    colors = np.full(positions.shape, _GRAY, np.uint8)
    if all(name in vertices and vertices.type_of(name) == np.uint8 for name in _COLOR):
        colors = vertices.stack(_COLOR).astype(np.uint8)
    return PointCloud(positions, colors).sample(most)


def write_point_cloud(points: PointCloud, path: Path) -> None:
    """Write a binary little-endian ply."""
    rows = np.empty(len(points), _ROW)
    for i, (place, color) in enumerate(zip(_PLACE, _COLOR, strict=True)):
        rows[place], rows[color] = points.positions[:, i], points.colors[:, i]
    properties = [f"property double {name}" for name in _PLACE] + [
        f"property uchar {name}" for name in _COLOR
    ]
    header = ["ply", "format binary_little_endian 1.0", f"element vertex {len(points)}", *properties]
    with atomic_path(path) as temporary:
        temporary.write_bytes("\n".join([*header, "end_header", ""]).encode() + rows.tobytes())
