"""COLMAP models written by pycolmap, and photos for them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pycolmap

from tests.unit.ingest.samples import textured_image

SIZE = (320, 240)
NAMES = ("a.png", "b.png", "c.png", "d.png")
PARAMETERS = {
    "SIMPLE_PINHOLE": [300.0, 161.0, 119.0],
    "PINHOLE": [300.0, 290.0, 161.0, 119.0],
    "SIMPLE_RADIAL": [300.0, 161.0, 119.0, -0.1],
    "RADIAL": [300.0, 161.0, 119.0, -0.1, 0.02],
    "OPENCV": [300.0, 290.0, 161.0, 119.0, -0.1, 0.02, 1e-3, -2e-3],
    "FULL_OPENCV": [300.0, 290.0, 161.0, 119.0, 0.1, 0.02, 1e-3, -2e-3, 0.01, 0.1, 0.02, 0.03],
    "OPENCV_FISHEYE": [300.0, 290.0, 161.0, 119.0, -0.1, 0.02, 0.01, -0.005],
    "SIMPLE_RADIAL_FISHEYE": [300.0, 161.0, 119.0, -0.1],
    "RADIAL_FISHEYE": [300.0, 161.0, 119.0, -0.1, 0.02],
    "SIMPLE_FISHEYE": [300.0, 161.0, 119.0],
    "FISHEYE": [300.0, 290.0, 161.0, 119.0],
}


def write_photos(folder: Path, names: tuple[str, ...] = NAMES, size: tuple[int, int] = SIZE) -> None:
    for seed, name in enumerate(names):
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        textured_image(seed, *size).save(path)


def make_model(
    names: tuple[str, ...] = NAMES,
    camera_model: str = "SIMPLE_RADIAL",
    points: int = 200,
    size: tuple[int, int] = SIZE,
) -> pycolmap.Reconstruction:
    """Photos on a turn with tilts, which observe the points with other pixels than they should."""
    rng = np.random.default_rng(1)
    model = pycolmap.Reconstruction()
    camera = pycolmap.Camera(
        model=camera_model, width=size[0], height=size[1], params=PARAMETERS[camera_model], camera_id=7
    )
    model.add_camera_with_trivial_rig(camera)
    for index, name in enumerate(names):
        image = pycolmap.Image(name=name, camera_id=7, image_id=index + 3)
        image.points2D = pycolmap.Point2DList(
            [pycolmap.Point2D(xy) for xy in rng.uniform(0, 200, (2 * index, 2))]
        )
        rotation = pycolmap.Rotation3d(rng.normal(size=3))
        model.add_image_with_trivial_frame(image, pycolmap.Rigid3d(rotation, rng.normal(size=3)))
    for position in rng.normal(size=(points, 3)):
        model.add_point3D(position, pycolmap.Track(), rng.integers(0, 256, 3).astype(np.uint8))
    for index in range(1, len(names)):
        model.add_observation(1, pycolmap.TrackElement(index + 3, 0))
    return model


def write_model(model: pycolmap.Reconstruction, folder: Path, *, text: bool = False) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    (model.write_text if text else model.write_binary)(str(folder))


def worlds_from_cameras(model: pycolmap.Reconstruction) -> dict[str, np.ndarray]:
    """world_from_camera [4, 4] with OpenGL's axes, by the name of the photo."""
    poses = {}
    for image in model.images.values():
        pose = np.eye(4)
        pose[:3] = image.cam_from_world().inverse().matrix()
        poses[image.name] = pose @ np.diag([1.0, -1.0, -1.0, 1.0])
    return poses
