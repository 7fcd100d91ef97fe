"""Gaussians to begin with: one for each point of structure from motion, as wide as the gaps between them."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from components.shared.scene import Scene
from components.train.gaussians import Gaussians

SH_C0 = 0.28209479177387814
MIN_POINTS = 1_000
"""With fewer points than this, random ones fill the space that the cameras look at."""

_OPACITY = 0.1
_START = 1.0
_NEIGHBORS = 3
_CHUNK_PAIRS = 20_000_000


def initialize(
    scene: Scene, max_gaussians: int, sh_degree: int, seed: int, device: torch.device
) -> Gaussians:
    """At most `max_gaussians`; of more points a random sample is taken."""
    rng = np.random.default_rng(seed)
    points, colors = scene.points, scene.point_colors / 255.0
    if len(points) < MIN_POINTS:
        extra = _random_points(scene, MIN_POINTS - len(points), rng)
        points = np.concatenate([points, extra])
        colors = np.concatenate([colors, rng.uniform(size=extra.shape)])
    chosen = rng.permutation(len(points))[: round(max_gaussians * _START)]
    means = torch.tensor(points[chosen], dtype=torch.float32, device=device)
    rgb = torch.tensor(colors[chosen], dtype=torch.float32, device=device)
    n, rest = len(means), (sh_degree + 1) ** 2 - 1
    return Gaussians(
        {
            "means": means,
            "quats": torch.tensor([1.0, 0.0, 0.0, 0.0], device=device).repeat(n, 1),
            "scales": torch.log(neighbor_distances(means)).unsqueeze(1).repeat(1, 3),
            "opacities": torch.logit(torch.full((n,), _OPACITY, device=device)),
            "sh0": (rgb - 0.5) / SH_C0,
            "shN": torch.zeros((n, rest, 3), device=device),
        }
    )


def neighbor_distances(points: Tensor) -> Tensor:
    """Root mean square distance of each point to its three nearest others, [N], never zero."""
    chunk = max(1, _CHUNK_PAIRS // len(points))
    count = min(_NEIGHBORS, len(points) - 1)
    nearest = [
        torch.cdist(part, points, compute_mode="donot_use_mm_for_euclid_dist")
        .topk(count + 1, largest=False)
        .values[:, 1:]
        for part in points.split(chunk)
    ]
    distances = torch.cat(nearest).square().mean(dim=1).sqrt()
    # Points at one place would get no width; points far from all others would hide the scene.
    median = distances.median()
    return distances.clamp(min=1e-3 * median, max=20.0 * median).clamp_min(1e-7)


def scene_extent(scene: Scene) -> float:
    """The size that learning rates are measured in: the cameras' largest distance from their middle.

    Where the cameras stand close together, a tenth of what they typically look at is the least.
    """
    centers = np.array([view.camera.center for view in scene.views])
    spread = 1.1 * np.linalg.norm(centers - centers.mean(axis=0), axis=1).max()
    return float(max(spread, 0.1 * viewing_distance(scene), 1e-6))


def viewing_distance(scene: Scene) -> float:
    """Median distance from the cameras' middle to the points; 0 without points."""
    if not len(scene.points):
        return 0.0
    center = np.mean([view.camera.center for view in scene.views], axis=0)
    return float(np.median(np.linalg.norm(scene.points - center, axis=1)))


def _random_points(scene: Scene, count: int, rng: np.random.Generator) -> np.ndarray:
    """Points in front of random cameras, at depths around the known points', [count, 3]."""
    typical = viewing_distance(scene) or scene_extent(scene)
    cameras = [scene.views[i].camera for i in rng.integers(len(scene.views), size=count)]
    pixels = rng.uniform(size=(count, 2)) * [[camera.width, camera.height] for camera in cameras]
    depths = typical * rng.uniform(0.5, 1.5, size=(count, 1))
    rays = np.array(
        [np.linalg.solve(camera.K, [*pixel, 1.0]) for camera, pixel in zip(cameras, pixels, strict=True)]
    )
    return np.array(
        [
            camera.viewmat[:3, :3].T @ ray + camera.center
            for camera, ray in zip(cameras, rays * depths, strict=True)
        ]
    )
