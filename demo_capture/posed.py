"""The demo's objects in the format of Blender's synthetic data sets: RGBA renders and `transforms_*.json`."""

from __future__ import annotations

import json
import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from components.shared.files import atomic_path
from components.shared.scene import Camera
from demo_capture.light import LitScene, light_scene
from demo_capture.render import render
from demo_capture.scene import build_scene

ANGLE_X = 0.69
"""Horizontal field of view in radians, as in the NeRF synthetic data set."""
DISTANCE_M = 4.7
_TEST_TURN = 0.4  # radians
_DETAILED_PX = 800
_DEMO_FROM_BLENDER = np.array([[1.0, 0.0, 0.0], [0.0, 0.0, -1.0], [0.0, 1.0, 0.0]])
"""Rotation: Blender's z is up, the demo's y is down."""


def hemisphere_pose(index: int, count: int, distance: float, turn: float = 0.0) -> np.ndarray:
    """world_from_camera [4, 4] on the upper hemisphere, z up, OpenGL axes, looking at the centre."""
    height = 0.15 + 0.75 * ((index * 0.618) % 1.0)
    angle = 2 * math.pi * index / count + turn
    flat = math.sqrt(1 - height**2)
    back = np.array([flat * math.cos(angle), flat * math.sin(angle), height])
    right = np.cross([0.0, 0.0, 1.0], back)
    right /= np.linalg.norm(right)
    pose = np.eye(4)
    pose[:3] = np.column_stack([right, np.cross(back, right), back, distance * back])
    return pose


def write_transforms(path: Path, poses: dict[str, np.ndarray], angle_x: float = ANGLE_X) -> None:
    """Write world_from_camera [4, 4] by the photo's path without its suffix."""
    frames = [{"file_path": name, "transform_matrix": pose.tolist()} for name, pose in poses.items()]
    with atomic_path(path) as temporary:
        temporary.write_text(json.dumps({"camera_angle_x": angle_x, "frames": frames}, indent=1))


@dataclass(frozen=True, slots=True)
class ObjectCapture:
    """A posed capture of the objects; equal arguments give equal bytes."""

    scene: LitScene
    train: int
    test: int
    size: int

    @classmethod
    def plan(cls, *, train: int = 100, test: int = 20, size: int = 400, seed: int = 0) -> ObjectCapture:
        """Square photos of `size` px of all objects on the terrace, without the terrace."""
        objects = build_scene()[1:]
        return cls(
            light_scene(objects, seed=seed, coarseness=max(1.0, _DETAILED_PX / size)), train, test, size
        )

    def write(self, folder: Path) -> None:
        """`transforms_train.json`, `transforms_test.json`, and RGBA photos in `train` and `test`."""
        for split, poses in self._poses().items():
            (folder / split).mkdir(parents=True, exist_ok=True)
            for name, pose in poses.items():
                Image.fromarray(self._photo(pose)).save(folder / f"{name}.png")
            write_transforms(folder / f"transforms_{split}.json", poses)

    def surface_points(self, count: int, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
        """`count` surface points [N, 3] of the training photos in Blender's world, and uint8 colours."""
        rng = np.random.default_rng(seed)
        points, colors = [], []
        for pose in self._poses()["train"].values():
            camera, photo = self._camera(pose), self._photo(pose)
            pixels = np.argwhere(photo[..., 3] == 255)
            rows = rng.permutation(len(pixels))[: -(-count // self.train)]
            y, x = pixels[rows].T
            rays = np.column_stack([x + 0.5, y + 0.5, np.ones(len(x))]) @ np.linalg.inv(camera.K).T
            rays = rays @ camera.viewmat[:3, :3]
            distances, _ = self.scene.geometry.cast(np.broadcast_to(camera.center, rays.shape), rays)
            is_hit = np.isfinite(distances)
            points.append((camera.center + distances[:, None] * rays)[is_hit] @ _DEMO_FROM_BLENDER)
            colors.append(photo[y, x, :3][is_hit])
        return np.concatenate(points), np.concatenate(colors)

    def _poses(self) -> dict[str, dict[str, np.ndarray]]:
        splits: dict[str, Any] = {"train": (self.train, 0.0), "test": (self.test, _TEST_TURN)}
        return {
            split: {
                f"./{split}/r_{index}": hemisphere_pose(index, count, DISTANCE_M, turn)
                for index in range(count)
            }
            for split, (count, turn) in splits.items()
        }

    def _camera(self, pose: np.ndarray) -> Camera:
        """The camera in the demo's world, with COLMAP's axes."""
        viewmat = np.eye(4)
        viewmat[:3, :3] = (_DEMO_FROM_BLENDER @ pose[:3, :3] @ np.diag([1.0, -1.0, -1.0])).T
        viewmat[:3, 3] = -viewmat[:3, :3] @ _DEMO_FROM_BLENDER @ pose[:3, 3]
        focal, middle = 0.5 * self.size / math.tan(0.5 * ANGLE_X), 0.5 * self.size
        K = np.array([[focal, 0.0, middle], [0.0, focal, middle], [0.0, 0.0, 1.0]])
        return Camera(viewmat, K, self.size, self.size)

    def _photo(self, pose: np.ndarray) -> np.ndarray:
        """uint8 [size, size, 4] with straight alpha, which is the render of the same scene in white."""
        camera = self._camera(pose)
        white = LitScene(self.scene.geometry, np.full_like(self.scene.texels, 255.0), self.scene.layout)
        alpha = render(white, camera)[..., :1].astype(float)
        straight = render(self.scene, camera) * (255.0 / np.maximum(alpha, 1.0))
        return np.dstack([straight.clip(0.0, 255.0), alpha]).round().astype(np.uint8)
