"""Files of poses beside photos: `transforms.json` and those of Blender's captures."""

from __future__ import annotations

import json
from pathlib import Path

from components.ingest.poses.given_poses import read_given_poses
from components.ingest.source.source_file import SourceFile
from tests.fuzz.target import Target, joined, split

_NAMES = ("transforms.json", "transforms_train.json", "transforms_test.json", "transforms_val.json")
_PHOTOS = tuple(f"images/{number}.png" for number in range(4))


def _seeds() -> dict[str, bytes]:
    frames = [
        {
            "file_path": f"./{name}",
            "transform_matrix": [[1, 0, 0, index], [0, 1, 0, 0], [0, 0, 1, 4], [0, 0, 0, 1]],
        }
        for index, name in enumerate(_PHOTOS)
    ]
    camera = {"fl_x": 500, "fl_y": 500.5, "cx": 320, "cy": 240, "w": 640, "h": 480}
    lens = {"camera_model": "OPENCV", "k1": 0.1, "k2": -0.01, "p1": 0.001, "p2": 0.0}
    split_names = {"train_filenames": list(_PHOTOS[:3]), "test_filenames": [f"./{_PHOTOS[3]}"]}
    train, test = (
        json.dumps({"camera_angle_x": 0.7, "frames": part}).encode() for part in (frames[:3], frames[3:])
    )
    whole = {**camera, **lens, **split_names, "ply_file_path": "points.ply", "frames": frames}
    per_frame = {"frames": [{**frame, **camera, "mask_path": "masks/0.png"} for frame in frames]}
    return {
        "nerfstudio": joined({"transforms.json": json.dumps(whole).encode()}),
        "camera of each frame": joined({"transforms.json": json.dumps(per_frame).encode()}),
        "Blender": joined({"transforms_train.json": train, "transforms_test.json": test}),
    }


def _read(data: bytes, folder: Path) -> None:
    files = [SourceFile(name, folder / Path(name).name) for name in _PHOTOS]
    for name, content in split(data, _NAMES).items():
        (folder / name).write_bytes(content)
        files.append(SourceFile(name, folder / name))
    for file in files:
        assert file.path is not None
        file.path.touch()
    poses = read_given_poses(files, [])
    for frame in poses.frames.values() if poses else ():
        frame.pose(64, 48, held_out=False)


TARGET = Target(_seeds, _read, 8192)
