"""A posed scene whose truth is known: see `painted_cube`."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pycolmap
import pytest
import torch
from PIL import Image

from components.shared.archive import pack
from components.shared.scene import Scene, read_scene
from tests.scene_info import scene_info
from tests.unit.train.painted_cube import (
    FOCAL,
    HEIGHT,
    VIEWS,
    WIDTH,
    painted,
    photo,
    ring_camera,
    surface_points,
)

if not torch.cuda.is_available():
    os.environ["TRITON_INTERPRET"] = "1"  # Read when a kernel is defined.


@pytest.fixture(scope="session")
def scene_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The scene as structure from motion writes it."""
    folder = tmp_path_factory.mktemp("scene")
    model = pycolmap.Reconstruction()
    model.add_camera_with_trivial_rig(
        pycolmap.Camera(
            model="PINHOLE",
            width=WIDTH,
            height=HEIGHT,
            params=[FOCAL, FOCAL, WIDTH / 2, HEIGHT / 2],
            camera_id=1,
        )
    )
    (folder / "images").mkdir()
    for index in range(VIEWS):
        camera = ring_camera(index)
        name = f"{index:02d}.png"
        pose = pycolmap.Rigid3d(camera.viewmat[:3])
        model.add_image_with_trivial_frame(pycolmap.Image(name=name, camera_id=1, image_id=index + 1), pose)
        Image.fromarray(photo(camera)).save(folder / "images" / name)
    for point in surface_points():
        color = (painted(point[None])[0] * 255).astype(np.uint8)
        model.add_point3D(point, pycolmap.Track(), color)
    (folder / "sparse").mkdir()
    model.write_binary(str(folder / "sparse"))
    scene_info().write(folder / "scene.json")
    return folder


@pytest.fixture(scope="session")
def scene_archive(scene_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The scene as an artifact of the pipeline, a tar."""
    archive = tmp_path_factory.mktemp("archive") / "scene.tar"
    pack(scene_folder, archive)
    return archive


@pytest.fixture(scope="session")
def posed_scene(scene_folder: Path) -> Scene:
    return read_scene(scene_folder)
