"""The rendered capture as structure from motion would write it, with exact poses and points."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pycolmap
from PIL import Image

from components.shared.archive import pack
from tests.scene_info import scene_info

POINTS_PER_PHOTO = 150


def write_scene_archive(demo: Any, archive: Path) -> None:
    """`demo` is the fixture of that kind."""
    root = archive.with_suffix("")
    (root / "images").mkdir(parents=True)
    (root / "sparse").mkdir()
    truth, model = demo.truth, pycolmap.Reconstruction()
    focal_x, focal_y, center_x, center_y = truth.K[[0, 1, 0, 1], [0, 1, 2, 2]]
    params = [focal_x, focal_y, center_x, center_y]
    model.add_camera_with_trivial_rig(
        pycolmap.Camera(model="PINHOLE", width=truth.width, height=truth.height, params=params, camera_id=1)
    )
    rng = np.random.default_rng(0)
    for index, name in enumerate(truth.names):
        pose = pycolmap.Rigid3d(truth.viewmats[index][:3])
        model.add_image_with_trivial_frame(pycolmap.Image(name=name, camera_id=1, image_id=index + 1), pose)
        data = (demo.folder / name).read_bytes()
        (root / "images" / name).write_bytes(data)
        pixels = np.asarray(Image.open(root / "images" / name).convert("RGB"))
        places = rng.integers(0, (truth.width, truth.height), (POINTS_PER_PHOTO, 2))
        for point, (x, y) in zip(truth.surface_points(name, places + 0.5), places, strict=True):
            model.add_point3D(point, pycolmap.Track(), pixels[y, x])
    model.write_binary(str(root / "sparse"))
    scene_info().write(root / "scene.json")
    pack(root, archive)
