"""A small world of Gaussians, and a posed scene whose photos are renders of it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pycolmap
from PIL import Image

from components.evaluate.look_at import LookAt
from components.evaluate.measure import render_image
from components.shared.contracts.capture import RejectedImage
from components.shared.contracts.scene import SCENE_FILE, SceneInfo
from components.shared.scene import Camera
from components.shared.splats import Splats
from tests.scene_info import scene_info

WIDTH, HEIGHT, VIEWS = 120, 90, 9
HELD_OUT = ["00.png", "08.png"]


def toy_splats(count: int = 1500) -> Splats:
    """A floor, a red tower on it to the left, a blue ball to the right: no two directions look alike."""
    rng = np.random.default_rng(0)
    floor = rng.uniform((-2, 0.5, -2), (2, 0.6, 2), (count // 2, 3))
    tower = rng.normal((-0.6, -0.2, 0.0), (0.12, 0.35, 0.12), (count // 4, 3))
    ball = rng.normal((0.7, 0.2, 0.2), 0.15, (count // 4, 3))
    means = np.concatenate([floor, tower, ball])
    paint = [((0.3, 0.6, 0.3), len(floor)), ((0.9, 0.2, 0.1), len(tower)), ((0.1, 0.3, 0.9), len(ball))]
    colors = np.concatenate([np.tile(color, (times, 1)) for color, times in paint])
    colors = np.clip(colors + 0.2 * np.sin(6 * means), 0.02, 0.98)
    n = len(means)
    return Splats(
        means=means.astype(np.float32),
        quats=rng.normal(size=(n, 4)).astype(np.float32),
        scales=np.log(rng.uniform(0.03, 0.08, (n, 3))).astype(np.float32),
        opacities=rng.uniform(0.5, 4.0, n).astype(np.float32),
        sh0=((colors - 0.5) / 0.28209479).astype(np.float32),
        shN=np.zeros((n, 0, 3), np.float32),
    )


def blurred(splats: Splats, amount: float) -> Splats:
    """The same world with its Gaussians moved about: a worse likeness."""
    noise = np.random.default_rng(1).normal(0.0, amount, splats.means.shape)
    fields = {name: getattr(splats, name) for name in Splats.__slots__}
    return Splats(**{**fields, "means": (splats.means + noise).astype(np.float32)})


def ring_camera(index: int, width: int = WIDTH, height: int = HEIGHT) -> Camera:
    """Around the world, at eye level; the whole ring has `VIEWS` places."""
    angle = 2 * np.pi * index / VIEWS
    position = np.array([2.6 * np.sin(angle), -0.9, -2.6 * np.cos(angle)])
    return LookAt(position, np.zeros(3), 0.5, 0.375).camera(width, height)


def write_scene(root: Path) -> None:
    """What structure from motion hands on, with two photos that it could not place."""
    splats = toy_splats()
    cameras = [ring_camera(index) for index in range(VIEWS)]
    focal_x, focal_y, center_x, center_y = cameras[0].K[[0, 1, 0, 1], [0, 1, 2, 2]]
    model = pycolmap.Reconstruction()
    params = [focal_x, focal_y, center_x, center_y]
    model.add_camera_with_trivial_rig(
        pycolmap.Camera(model="PINHOLE", width=WIDTH, height=HEIGHT, params=params, camera_id=1)
    )
    (root / "images").mkdir(parents=True)
    (root / "sparse").mkdir()
    for index, camera in enumerate(cameras):
        name = f"{index:02d}.png"
        pose = pycolmap.Rigid3d(camera.viewmat[:3])
        model.add_image_with_trivial_frame(pycolmap.Image(name=name, camera_id=1, image_id=index + 1), pose)
        Image.fromarray(render_image(splats, camera)).save(root / "images" / name)
    for mean in splats.means[::10].astype(float):
        model.add_point3D(mean, pycolmap.Track(), np.array([200, 120, 40], np.uint8))
    model.write_binary(str(root / "sparse"))
    toy_scene_info().write(root / SCENE_FILE)


def toy_scene_info() -> SceneInfo:
    notes = RejectedImage(name="notes.txt", verdict="not an image", reason="its content is text")
    info = scene_info(
        [f"{index:02d}.png" for index in range(VIEWS)], lost=["lost <b>&.png"], rejected=[notes]
    )
    capture = info.capture.replace(
        changes={"HEIF to JPEG": 3, "Display P3 to sRGB": 1},
        notes=["<b>.png is not named by transforms.json and was left out."],
    )
    return info.replace(capture=capture)


def training_info() -> dict[str, Any]:
    history = [
        {
            "step": step,
            "loss": 0.3 * 0.9**step,
            "gaussians": 100 * step,
            "psnr_db": 20.0 + step if step % 5 == 0 else None,
            "seconds": step / 10,
        }
        for step in range(1, 16)
    ]
    return {
        "schema": 1,
        "backend": "numba",
        "device": "cpu",
        "gpus": 0,
        "steps": 15,
        "gaussians": 1500,
        "seconds": 1.5,
        "resumed_from_step": None,
        "image_max_side_px": WIDTH,
        "antialiased": False,
        "held_out": HELD_OUT,
        "psnr_db": 35.0,
        "ssim": 0.95,
        "psnr_color_corrected_db": None,
        "corrections": None,
        "budget": {"wanted": 1500, "granted": 1500},
        "budget_reductions": [],
        "history": history,
    }
