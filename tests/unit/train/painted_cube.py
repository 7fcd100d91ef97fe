"""A painted cube in a painted room, seen from a ring of cameras: cameras, photos and points, all exact."""

from __future__ import annotations

import numpy as np

from components.shared.scene import Camera

VIEWS, WIDTH, HEIGHT, FOCAL = 17, 96, 72, 80.0
POINTS = 1_500
CUBE, ROOM = 1.0, 4.0


def ring_camera(index: int) -> Camera:
    """On a ring of radius 3 about the cube, looking at it from changing heights (y is down)."""
    angle = 2 * np.pi * index / VIEWS
    center = np.array([3 * np.cos(angle), -0.8 + 0.5 * np.sin(3 * angle), 3 * np.sin(angle)])
    forward = -center / np.linalg.norm(center)
    right = np.cross([0.0, 1.0, 0.0], forward)
    right /= np.linalg.norm(right)
    viewmat = np.eye(4)
    viewmat[:3, :3] = [right, np.cross(forward, right), forward]
    viewmat[:3, 3] = -viewmat[:3, :3] @ center
    K = np.array([[FOCAL, 0, WIDTH / 2], [0, FOCAL, HEIGHT / 2], [0, 0, 1]])
    return Camera(viewmat, K, WIDTH, HEIGHT)


def photo(camera: Camera, samples: int = 3) -> np.ndarray:
    """uint8 [H, W, 3], averaged over a grid of rays per pixel."""
    steps = (np.arange(samples) + 0.5) / samples
    x = (np.arange(camera.width)[:, None] + steps).reshape(-1)
    y = (np.arange(camera.height)[:, None] + steps).reshape(-1)
    pixels = np.stack([*np.meshgrid(x, y), np.ones((len(y), len(x)))], axis=-1)
    rays = pixels @ np.linalg.inv(camera.K).T @ camera.viewmat[:3, :3]
    colors = painted(hit(camera.center, rays))
    blocks = colors.reshape(camera.height, samples, camera.width, samples, 3)
    return (blocks.mean(axis=(1, 3)) * 255).round().astype(np.uint8)


def hit(origin: np.ndarray, rays: np.ndarray) -> np.ndarray:
    """Where rays from inside the room meet the cube, or else a wall."""
    with np.errstate(divide="ignore"):
        low, high = ((side * CUBE - origin) / rays for side in (-1, 1))
        enter, leave = np.minimum(low, high).max(axis=-1), np.maximum(low, high).min(axis=-1)
        wall = np.maximum((-ROOM - origin) / rays, (ROOM - origin) / rays).min(axis=-1)
    depth = np.where((enter < leave) & (enter > 0), enter, wall)
    return origin + rays * depth[..., None]


def painted(points: np.ndarray) -> np.ndarray:
    """Colours in [0, 1] of places in the world: soft waves and a checkerboard, sharper on the cube."""
    is_cube = (np.abs(points).max(axis=-1) < 1.5 * CUBE)[..., None]
    waves = 0.5 + 0.3 * np.sin(points * np.where(is_cube, 4.0, 1.5) + [0.0, 1.0, 2.0])
    cells = np.floor(points * np.where(is_cube, 1.5, 0.5) + 0.25).sum(axis=-1, keepdims=True) % 2
    return np.clip(waves + 0.3 * (cells - 0.5), 0, 1)


def surface_points() -> np.ndarray:
    """Random places on the cube and on the walls, [POINTS, 3]."""
    rng = np.random.default_rng(0)
    points = rng.uniform(-1, 1, size=(POINTS, 3))
    side = rng.integers(3, size=POINTS)
    points[np.arange(POINTS), side] = rng.choice([-1, 1], size=POINTS)
    return points * np.where(np.arange(POINTS) % 3 == 0, CUBE, ROOM)[:, None]
