"""A capture as Blender's synthetic ones are: RGBA renders of an object, and files that say where from."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

SIZE, ANGLE_X, DISTANCE = 200, 0.69, 4.0
TRAIN, TEST = 28, 5
_BOXES = (
    ((-0.7, -0.7, -0.5), (0.7, 0.7, 0.1)),
    ((-0.3, -0.5, 0.1), (0.3, 0.1, 0.8)),
)
"""A base with a tower off its middle: low and high corners, z up."""


def write_posed_capture(
    folder: Path, *, train: int = TRAIN, test: int = TEST, size: int = SIZE, distractors: bool = True
) -> Path:
    """`transforms_train.json`, `transforms_test.json`, their PNGs, and what lies beside such photos."""
    for split, count, turn in (("train", train, 0.0), ("test", test, 0.4)):
        (folder / split).mkdir(parents=True, exist_ok=True)
        frames = []
        for index in range(count):
            pose = camera_pose(index, count, turn)
            Image.fromarray(render(pose, size)).save(folder / split / f"r_{index}.png")
            frames.append({"file_path": f"./{split}/r_{index}", "transform_matrix": pose.tolist()})
        write_transforms(folder / f"transforms_{split}.json", {"camera_angle_x": ANGLE_X, "frames": frames})
    if distractors:
        gray = Image.fromarray(np.full((size, size), 99, np.uint8))
        gray.save(folder / "test" / "r_0_depth_0001.png")
        gray.save(folder / "preview.png")
    return folder


def write_transforms(path: Path, content: dict[str, Any]) -> None:
    path.write_text(json.dumps(content))


def camera_pose(index: int, count: int, turn: float = 0.0) -> np.ndarray:
    """world_from_camera [4, 4] on the upper half of a sphere, z up, with OpenGL's axes, looking inwards."""
    height = 0.15 + 0.75 * ((index * 0.618) % 1.0)
    angle = 2 * math.pi * index / count + turn
    flat = math.sqrt(1 - height**2)
    center = DISTANCE * np.array([flat * math.cos(angle), flat * math.sin(angle), height])
    back = center / DISTANCE
    right = np.cross([0.0, 0.0, 1.0], back)
    right /= np.linalg.norm(right)
    pose = np.eye(4)
    pose[:3] = np.column_stack([right, np.cross(back, right), back, center])
    return pose


def render(pose: np.ndarray, size: int, samples: int = 2) -> np.ndarray:
    """uint8 [size, size, 4] with straight alpha, averaged over a grid of rays per pixel."""
    steps = (np.arange(size * samples) + 0.5) / (size * samples) * 2 - 1
    x, y = np.meshgrid(steps * math.tan(ANGLE_X / 2), -steps * math.tan(ANGLE_X / 2))
    rays = np.stack([x, y, -np.ones_like(x)], axis=-1) @ pose[:3, :3].T
    depth = np.min([_depth(pose[:3, 3], rays, *map(np.array, box)) for box in _BOXES], axis=0)
    is_object = np.isfinite(depth)
    places = pose[:3, 3] + rays * np.where(is_object, depth, 0.0)[..., None]
    premultiplied = np.dstack([paint(places) * is_object[..., None], is_object])
    mean = premultiplied.reshape(size, samples, size, samples, 4).mean(axis=(1, 3))
    mean[..., :3] /= np.maximum(mean[..., 3:], 1e-6)
    return (mean * 255).round().astype(np.uint8)


def paint(places: np.ndarray) -> np.ndarray:
    """Colours in [0, 1]: soft waves and a checkerboard."""
    waves = 0.5 + 0.3 * np.sin(places * 4.0 + [0.0, 1.0, 2.0])
    cells = np.floor(places * 2.5 + 0.25).sum(axis=-1, keepdims=True) % 2
    return np.clip(waves + 0.3 * (cells - 0.5), 0, 1)


def _depth(origin: np.ndarray, rays: np.ndarray, low: np.ndarray, high: np.ndarray) -> np.ndarray:
    """Along the rays to the box, infinite where they miss it."""
    with np.errstate(divide="ignore"):
        a, b = (low - origin) / rays, (high - origin) / rays
    enter, leave = np.minimum(a, b).max(axis=-1), np.maximum(a, b).min(axis=-1)
    return np.where(enter < leave, enter, np.inf)
