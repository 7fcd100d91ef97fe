"""A synthetic scene for benchmarks that need no real photos: a painted box, and a ring of cameras within."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from benchmarks.scene_info import registered_scene_info
from components.shared.scene import Camera, Scene, View
from components.train.scene.views import TrainingView, Views

_HALF = 4.0
_RADIUS = 2.0


def painted_room(
    cameras: int, width: int, height: int, points: int, device: torch.device, test_every: int = 8
) -> tuple[Scene, Views]:
    """The scene with random points on its walls, and its photos at full and half size."""
    views = [View(f"{index:04d}.png", _camera(index, cameras, width, height)) for index in range(cameras)]
    rng = np.random.default_rng(0)
    places = rng.uniform(-_HALF, _HALF, size=(points, 3))
    places[np.arange(points), rng.integers(3, size=points)] = _HALF * rng.choice([-1, 1], size=points)
    colors = (255 * _painted(torch.tensor(places))).to(torch.uint8).numpy()
    scene = Scene(Path(), views, places, colors, registered_scene_info(cameras))
    is_held_out = scene.held_out(test_every)
    trained_on = [view for view, held in zip(views, is_held_out, strict=True) if not held]
    training = [
        [
            _photo(view, width // block, height // block, device, index)
            for index, view in enumerate(trained_on)
        ]
        for block in (1, 2)
    ]
    held_out = [view for view, held in zip(views, is_held_out, strict=True) if held]
    return scene, Views(training, [_photo(view, width, height, device) for view in held_out])


def _camera(index: int, count: int, width: int, height: int) -> Camera:
    """Looks across the ring and past its middle, to a wall."""
    angle = 2 * np.pi * index / count
    center = _RADIUS * np.array([np.cos(angle), 0.3 * np.sin(5 * angle), np.sin(angle)])
    forward = np.array([-np.sin(angle), 0.0, np.cos(angle)])
    viewmat = np.eye(4)
    viewmat[:3, :3] = np.stack([np.cross([0.0, 1.0, 0.0], forward), [0.0, 1.0, 0.0], forward])
    viewmat[:3, 3] = -viewmat[:3, :3] @ center
    K = np.array([[0.8 * width, 0, width / 2], [0, 0.8 * width, height / 2], [0, 0, 1]])
    return Camera(viewmat, K, width, height)


def _photo(
    view: View, width: int, height: int, device: torch.device, index: int | None = None
) -> TrainingView:
    camera = view.camera.scaled(width, height)
    x, y = (torch.arange(side, device=device) + 0.5 for side in (width, height))
    pixels = torch.stack(
        [x.expand(height, width), y[:, None].expand(height, width), torch.ones(height, width, device=device)],
        dim=-1,
    )
    to_world = np.linalg.inv(camera.K).T @ camera.viewmat[:3, :3]
    rays = pixels @ torch.tensor(to_world, dtype=torch.float32, device=device)
    center = torch.tensor(camera.center, dtype=torch.float32, device=device)
    distances = torch.maximum((_HALF - center) / rays, (-_HALF - center) / rays).amin(dim=-1, keepdim=True)
    colors = _painted(center + distances * rays)
    return TrainingView(view.name, camera, (255 * colors).round().to(torch.uint8), index=index)


def _painted(places: Tensor) -> Tensor:
    """Colours in [0, 1]: waves of several lengths, and a checkerboard."""
    phase = torch.arange(3, device=places.device)
    waves = sum(torch.sin(places * length + phase) / 6 for length in (1.3, 5.0, 17.0))
    cells = (places * 0.75 + 0.25).floor().sum(dim=-1, keepdim=True) % 2
    return (0.5 + waves * places.roll(1, dims=-1).cos() + 0.2 * (cells - 0.5)).clamp(0, 1)
