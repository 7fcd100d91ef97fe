"""Full training steps per second on the CPU: rasterize, L1 + SSIM, backward, Adam.

    OMP_NUM_THREADS=1 python -m benchmarks.rasterize

The scene is a textured room around a textured ball, 240×160, 20 views; the Gaussians start as training starts
them (grey, low opacity, as large as their spacing) and are trained while the clock runs.
"""

from __future__ import annotations

import argparse
import os
import time
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from components.shared.image_metrics import psnr
from components.shared.rasterize import make_rasterizer
from components.shared.scene import Camera
from components.train.losses.photometric import photometric_loss

WIDTH, HEIGHT, FOCAL, VIEWS = 240, 160, 200.0, 20
RATES = {"means": 1.6e-3, "quats": 1e-3, "scales": 5e-3, "opacities": 5e-2, "sh0": 2.5e-3, "shN": 1.25e-4}


@dataclass(frozen=True, slots=True)
class Timing:
    """Rates of one run; load is the machine's load average, other processes included."""

    gaussians: int
    steps_per_second: float
    cpu_milliseconds_per_step: float
    psnr_db: float
    load: float


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--gaussians", type=int, nargs="+", default=[5_000, 10_000, 20_000])
    parser.add_argument("--steps", type=int, default=400)
    parser.add_argument("--sh-degree", type=int, default=3)
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    print(f"{'Gaussians':>10} {'steps/s':>8} {'CPU ms/step':>12} {'PSNR dB':>8} {'load':>5}")
    for count in arguments.gaussians:
        timing = train(count, arguments.steps, arguments.sh_degree)
        print(
            f"{timing.gaussians:>10} {timing.steps_per_second:>8.1f} "
            f"{timing.cpu_milliseconds_per_step:>12.1f} {timing.psnr_db:>8.2f} {timing.load:>5.2f}"
        )


def train(count: int, steps: int, sh_degree: int) -> Timing:
    cameras = [camera_on_ring(view) for view in range(VIEWS)]
    photos = [photo(camera) for camera in cameras]
    draw, parameters = make_rasterizer("numba"), start(count)
    optimizer = torch.optim.Adam(
        [{"params": [tensor], "lr": RATES[name]} for name, tensor in parameters.items()], fused=True
    )
    background = torch.zeros(3)

    def step(index: int) -> None:
        view = index * 7 % VIEWS
        rendered = draw(**parameters, camera=cameras[view], sh_degree=sh_degree, background=background)
        photometric_loss(rendered.image, photos[view], 0.2).backward()
        optimizer.step()
        optimizer.zero_grad(set_to_none=True)

    step(0)  # Compiles.
    wall, cpu = time.perf_counter(), time.process_time()
    for index in range(steps):
        step(index)
    wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    with torch.no_grad():
        image = draw(**parameters, camera=cameras[0], sh_degree=sh_degree, background=background).image
    quality = psnr(image.clamp(0, 1).numpy(), photos[0].numpy())
    return Timing(count, steps / wall, 1e3 * cpu / steps, quality, os.getloadavg()[0])


def start(count: int) -> dict[str, Tensor]:
    """Gaussians on the scene's surfaces, two thirds of them on the walls."""
    rng = np.random.default_rng(0)
    directions = rng.normal(size=(count, 3))
    directions /= np.linalg.norm(directions, axis=1, keepdims=True)
    on_ball = np.arange(count) % 3 == 0
    walls = directions / np.abs(directions).max(axis=1, keepdims=True) * 4.0
    means = np.where(on_ball[:, None], directions, walls)
    area = np.where(on_ball, 4 * np.pi / (count / 3), 6 * 8.0**2 / (count * 2 / 3))
    arrays = {
        "means": means,
        "quats": rng.normal(size=(count, 4)),
        "scales": np.repeat(np.log(np.sqrt(area))[:, None], 3, axis=1),
        "opacities": np.full(count, np.log(0.1 / 0.9)),
        "sh0": np.zeros((count, 3)),
        "shN": np.zeros((count, 15, 3)),
    }
    return {name: torch.tensor(a, dtype=torch.float32).requires_grad_() for name, a in arrays.items()}


def camera_on_ring(view: int) -> Camera:
    angle = 2 * np.pi * view / VIEWS
    center = np.array([2.8 * np.cos(angle), -0.6, 2.8 * np.sin(angle)])
    forward = -center / np.linalg.norm(center)
    right = np.cross([0.0, 1.0, 0.0], forward)
    right /= np.linalg.norm(right)
    viewmat = np.eye(4)
    viewmat[:3, :3] = [right, np.cross(forward, right), forward]
    viewmat[:3, 3] = -viewmat[:3, :3] @ center
    K = np.array([[FOCAL, 0, WIDTH / 2], [0, FOCAL, HEIGHT / 2], [0, 0, 1]])
    return Camera(viewmat, K, WIDTH, HEIGHT)


def photo(camera: Camera) -> Tensor:
    """The truth by ray casting, float32 [H, W, 3]."""
    x, y = np.meshgrid(np.arange(camera.width) + 0.5, np.arange(camera.height) + 0.5)
    rays = np.stack([x, y, np.ones_like(x)], axis=-1) @ np.linalg.inv(camera.K).T @ camera.viewmat[:3, :3]
    rays /= np.linalg.norm(rays, axis=-1, keepdims=True)
    origin = camera.center
    middle = rays @ origin
    discriminant = middle**2 - origin @ origin + 1.0
    ball = -middle - np.sqrt(np.maximum(discriminant, 0.0))
    wall = np.maximum((4.0 - origin) / rays, (-4.0 - origin) / rays).min(axis=-1)
    points = origin + rays * np.where(discriminant > 0, ball, wall)[..., None]
    waves = 0.5 + 0.25 * np.sin(points * 3.0 + [0.0, 1.0, 2.0])
    cells = np.floor(points + 0.25).sum(axis=-1, keepdims=True) % 2
    return torch.tensor(np.clip(waves + 0.25 * (cells - 0.5), 0, 1), dtype=torch.float32)


if __name__ == "__main__":
    main()
