"""COLMAP models beside photos, binary and in text, with their points."""

from __future__ import annotations

import tempfile
from pathlib import Path

from components.ingest.poses.given_points import read_given_points
from components.ingest.poses.given_poses import read_given_poses
from components.ingest.source.source_file import SourceFile
from tests.fuzz.target import Target, joined, split
from tests.unit.ingest.poses.colmap.models import make_model, write_model

_NAMES = tuple(f"{stem}{suffix}" for stem in ("cameras", "images", "points3D") for suffix in (".bin", ".txt"))
_PHOTOS = tuple(f"{number}.png" for number in range(4))


def _seeds() -> dict[str, bytes]:
    seeds = {}
    for text in (False, True):
        for lens in ("OPENCV", "SIMPLE_RADIAL_FISHEYE"):
            with tempfile.TemporaryDirectory() as folder:
                write_model(make_model(_PHOTOS, lens, points=3), Path(folder), text=text)
                files = {path.name: path.read_bytes() for path in sorted(Path(folder).iterdir())}
            seeds[f"{lens} {'text' if text else 'binary'}"] = joined(
                {name: content for name, content in files.items() if name in _NAMES}
            )
    return seeds


def _read(data: bytes, folder: Path) -> None:
    files = [SourceFile(f"images/{name}", folder / name) for name in _PHOTOS]
    for file in files:
        assert file.path is not None
        file.path.touch()
    for name, content in split(data, _NAMES).items():
        (folder / name).write_bytes(content)
        files.append(SourceFile(f"sparse/{name}", folder / name))
    notes: list[str] = []
    poses = read_given_poses(files, notes)
    for frame in poses.frames.values() if poses else ():
        frame.pose(64, 48, held_out=False)
    read_given_points(poses, notes)


TARGET = Target(_seeds, _read, 8192)
