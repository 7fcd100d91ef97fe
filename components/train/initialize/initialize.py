"""Gaussians to begin with: one for each point that is known or drawn, as wide as the gaps between them."""

from __future__ import annotations

import numpy as np
import torch
from scipy.spatial import KDTree

from components.shared.rasterize.conventions import SH_C0
from components.shared.scene import Scene
from components.train.hyperparameters import CPU, Recipe
from components.train.initialize.random_start import along_rays, random_start
from components.train.initialize.uncovered_areas import cover_bare_places
from components.train.model.gaussians import Gaussians
from components.train.scene.scene_scale import scene_extent, viewing_distance
from components.train.scene.views import Photo

MIN_POINTS = 1_000
"""With fewer points than this, random ones fill the space that the cameras look at."""

_NEIGHBORS = 3


def initialize(
    scene: Scene,
    photos: list[Photo],
    max_gaussians: int,
    sh_degree: int,
    seed: int,
    device: torch.device,
    recipe: Recipe = CPU,
) -> Gaussians:
    """At most `max_gaussians`; of more points a random sample is taken. `photos` are those trained on."""
    rng = np.random.default_rng(seed)
    points, colors = _start_points(scene, photos, max_gaussians, recipe, rng)
    means = torch.tensor(points, dtype=torch.float32, device=device)
    rgb = torch.tensor(colors, dtype=torch.float32, device=device)
    widths = torch.tensor(neighbor_distances(points), dtype=torch.float32, device=device)
    n, rest = len(means), (sh_degree + 1) ** 2 - 1
    return Gaussians(
        {
            "means": means,
            "quats": torch.tensor([1.0, 0.0, 0.0, 0.0], device=device).repeat(n, 1),
            "scales": torch.log(recipe.start_width * widths).unsqueeze(1).repeat(1, 3),
            "opacities": torch.logit(torch.full((n,), recipe.start_opacity, device=device)),
            "sh0": (rgb - 0.5) / SH_C0,
            "shN": torch.zeros((n, rest, 3), device=device),
        }
    )


def _start_points(
    scene: Scene, photos: list[Photo], limit: int, recipe: Recipe, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    """Positions [N, 3] and colours [N, 3] in [0, 1], from several sources."""
    if not len(scene.points):
        count = min(limit, max(MIN_POINTS, round(limit * recipe.random_part)))
        return random_start(scene, photos, count, viewing_distance(scene), rng)
    covering = cover_bare_places(scene.points, photos, round(limit * recipe.covering), rng)
    known = rng.permutation(len(scene.points))[: limit - len(covering[0])]
    sources = [(scene.points[known], scene.point_colors[known] / 255.0), covering]
    missing = MIN_POINTS - sum(len(points) for points, _ in sources)
    if missing > 0:
        sources.append((_random_points(scene, missing, rng), rng.uniform(size=(missing, 3))))
    points, colors = (np.concatenate(each) for each in zip(*sources, strict=True))
    return points, colors


def neighbor_distances(points: np.ndarray) -> np.ndarray:
    """Root mean square distance of each of [N, 3] points to its three nearest others, [N], never zero."""
    count = min(_NEIGHBORS, len(points) - 1)
    nearest, _ = KDTree(points).query(points, k=range(2, count + 2), workers=-1)
    distances = np.sqrt(np.mean(np.square(nearest), axis=1))
    # Points at one place would get no width; points far from all others would hide the scene.
    median = np.median(distances)
    return np.maximum(distances.clip(1e-3 * median, 20.0 * median), 1e-7)


def _random_points(scene: Scene, count: int, rng: np.random.Generator) -> np.ndarray:
    """Points in front of random cameras, at depths around the known points', [count, 3]."""
    typical = viewing_distance(scene) or scene_extent(scene)
    return along_rays([view.camera for view in scene.views], typical * rng.uniform(0.5, 1.5, size=count), rng)
