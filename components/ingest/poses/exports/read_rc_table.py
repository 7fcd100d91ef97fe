"""Read RealityCapture's table of internal and external camera parameters, a CSV."""

from __future__ import annotations

import csv
import math
from collections.abc import Iterator
from itertools import islice

import numpy as np

from components.ingest.poses.damaged import damaged
from components.ingest.poses.exports.beginning import beginning
from components.ingest.poses.exports.listed_photos import ListedPhoto, as_pose_list
from components.ingest.poses.exports.numbers_of import MAX_COEFFICIENT, MAX_PLACE, number_of
from components.ingest.poses.exports.reality_capture import (
    MAX_CENTER,
    MAX_FOCAL_MM,
    MIN_FOCAL_MM,
    listed_photo,
    unusable_lens,
)
from components.ingest.poses.pose_list import PoseList
from components.ingest.source.safe_names import shown_text
from components.ingest.source.source_file import SourceFile

_MAX_BYTES = 100_000_000
_HEAD_BYTES = 4096
_HEADER_LINES = 2
"""The first may be the number of cameras."""
_PLACE, _ANGLES = ("x", "y", "alt"), ("heading", "pitch", "roll")
_NEEDED = {"name", *_PLACE, *_ANGLES, "f"}
_LENS = ("k1", "k2", "k3", "k4", "t1", "t2")


def is_rc_table(file: SourceFile) -> bool:
    """Whether a CSV has the titles of a pose and a focal length."""
    head = beginning(file, _HEAD_BYTES).decode("utf-8-sig", "replace")
    return any(_is_header(line.split(",")) for line in head.split("\n")[:_HEADER_LINES])


def read_rc_table(file: SourceFile, photos: dict[str, SourceFile]) -> PoseList:
    """The poses of all rows.

    Raises:
        InputError: the file is damaged, or has cameras that cannot be used.
    """
    return as_pose_list(file.name, [_photo(row, line, file.name) for line, row in _rows(file)], photos)


def _rows(file: SourceFile) -> Iterator[tuple[str, dict[str, str]]]:
    """`name, line N` and the fields by column, of each line that is not empty."""
    assert file.path is not None, "such files are always fetched"
    if file.path.stat().st_size > _MAX_BYTES:
        raise damaged(file.name, f"{file.path.stat().st_size} bytes; the limit is {_MAX_BYTES}")
    text = file.path.read_bytes().decode("utf-8-sig", "surrogateescape")
    lines = csv.reader(text.splitlines())
    try:
        header = next((fields for fields in islice(lines, _HEADER_LINES) if _is_header(fields)), None)
        if header is None:
            raise damaged(file.name, "its titles lack some of a pose")
        columns = _columns(header)
        for fields in lines:
            line = f"{file.name}, line {lines.line_num}"
            if fields and len(fields) != len(columns):
                raise damaged(line, f"{len(fields)} fields, and there are {len(columns)} titles")
            if fields:
                yield line, dict(zip(columns, fields, strict=True))
    except csv.Error as error:
        raise damaged(f"{file.name}, line {lines.line_num}", str(error)) from error


def _photo(row: dict[str, str], line: str, source: str) -> ListedPhoto:
    name = shown_text(row["name"]).strip()
    if not name:
        raise damaged(line, "the photo has no name")

    def value(column: str, low: float, high: float) -> float:
        return number_of(row[column], low, high, column, line) if column in row else 0.0

    lens = [value(column, -MAX_COEFFICIENT, MAX_COEFFICIENT) for column in _LENS]
    if lens[0] and not any(lens[1:]):
        # The table does not name the model, and of the division model k1 is the only coefficient.
        raise unusable_lens(line, f"the lens of {name} has only k1 = {lens[0]:g}, as of the division model")
    return listed_photo(
        name,
        _rotation(*(value(column, -1e4, 1e4) for column in _ANGLES)),
        [value(column, -MAX_PLACE, MAX_PLACE) for column in _PLACE],
        value("f", MIN_FOCAL_MM, MAX_FOCAL_MM),
        [value(column, -MAX_CENTER, MAX_CENTER) for column in ("px", "py")],
        lens,
        line,
    )


def _rotation(heading: float, pitch: float, roll: float) -> np.ndarray:
    """camera_from_world [3, 3] from degrees.

    At zero the camera looks down with the photo's upper side to the north. `heading` turns it clockwise seen
    from above, then `pitch` raises its axis, then `roll` turns it about the axis that was north.
    """
    (sin_h, sin_p, sin_r), (cos_h, cos_p, cos_r) = (
        [function(math.radians(angle)) for angle in (heading, pitch, roll)]
        for function in (math.sin, math.cos)
    )
    about_z = np.array([[cos_h, sin_h, 0], [-sin_h, cos_h, 0], [0, 0, 1]])
    about_x = np.array([[1, 0, 0], [0, cos_p, -sin_p], [0, sin_p, cos_p]])
    about_y = np.array([[cos_r, 0, sin_r], [0, 1, 0], [-sin_r, 0, cos_r]])
    world_from_opengl = about_z @ about_x @ about_y
    return np.diag([1.0, -1.0, -1.0]) @ np.asarray(world_from_opengl).T


def _is_header(fields: list[str]) -> bool:
    return set(_columns(fields)) >= _NEEDED


def _columns(fields: list[str]) -> list[str]:
    return [field.strip().lstrip("#").lower() for field in fields]
