"""Exports of Metashape and RealityCapture beside photos: XML, a table, sidecars."""

from __future__ import annotations

from pathlib import Path

from components.ingest.poses.given_poses import read_given_poses
from components.ingest.source.source_file import SourceFile
from tests.fuzz.target import Target, joined, split
from tests.unit.ingest.poses.exports.written_exports import known_poses, metashape, rc_sidecar, rc_table

_PHOTOS = ("a.png", "b.png", "c.png")
_NAMES = ("cameras.xml", "cameras.csv", "a.xmp", "b.xmp", "c.xmp")
_BROWN = "<f>300</f><cx>1</cx><cy>-2</cy><b1>1</b1><b2>0</b2><k1>-.1</k1><k2>.1</k2><p1>1e-3</p1><p2>0</p2>"


def _seeds() -> dict[str, bytes]:
    poses, names = known_poses(3), ("a", "b.png", "c")
    sidecars = {f"{name[0]}.xmp": rc_sidecar(pose) for name, pose in zip(names, poses, strict=True)}
    exports = {
        "Metashape": {"cameras.xml": metashape(poses, names, _BROWN)},
        "fisheye of Metashape": {"cameras.xml": metashape(poses, names, kind="fisheye")},
        "table of RealityCapture": {"cameras.csv": rc_table(poses, names)},
        "sidecars of RealityCapture": sidecars,
    }
    return {
        kind: joined({name: text.encode() for name, text in files.items()}) for kind, files in exports.items()
    }


def _read(data: bytes, folder: Path) -> None:
    files = [SourceFile(name, folder / name) for name in _PHOTOS]
    for file in files:
        assert file.path is not None
        file.path.touch()
    for name, content in split(data, _NAMES).items():
        (folder / name).write_bytes(content)
        files.append(SourceFile(name, folder / name))
    poses = read_given_poses(files, [])
    for frame in poses.frames.values() if poses else ():
        frame.pose(320, 240, held_out=False)


TARGET = Target(_seeds, _read, 8192)
