"""The state at step 0: one Gaussian per known or random point, as wide as the gaps between the points."""

from __future__ import annotations

import numpy as np
import torch
from scipy.spatial import KDTree

from components.shared.rasterize.conventions import SH_C0
from components.shared.scene import Scene
from components.train.corrections.corrections import start_corrections
from components.train.hyperparameters import CPU, Hyperparameters
from components.train.initialize.random_start import sample_along_rays, sample_random_points
from components.train.initialize.uncovered_areas import sample_uncovered_areas
from components.train.model.densification_stats import DensificationStats
from components.train.model.gaussians import Gaussians
from components.train.scene.scene_scale import compute_viewing_distance
from components.train.scene.views import TrainingView, Views
from components.train.settings import Plan, TrainSettings
from components.train.state import TrainingState

MIN_POINTS = 1_000
"""With fewer points, random ones are added in the space in front of the cameras."""

_NEIGHBORS = 3


def start_training(
    scene: Scene, views: Views, settings: TrainSettings, plan: Plan, budget: int, device: torch.device
) -> TrainingState:
    """The state at step 0, with at most `budget` Gaussians; equal seeds give equal states."""
    photos = views.training[0]
    gaussians = initialize(scene, photos, budget, plan.sh_degree, settings.seed, device, plan.hyperparameters)
    return TrainingState(
        gaussians,
        DensificationStats.zeros(len(gaussians), device),
        start_count=len(gaussians),
        budget=budget,
        corrections=start_corrections(scene, photos, settings, device),
    )


def initialize(
    scene: Scene,
    photos: list[TrainingView],
    max_gaussians: int,
    sh_degree: int,
    seed: int,
    device: torch.device,
    hyperparameters: Hyperparameters = CPU,
) -> Gaussians:
    """At most `max_gaussians`, from a random sample of the points; `photos` are the training photos."""
    rng = np.random.default_rng(seed)
    points, colors = _initial_points(scene, photos, max_gaussians, hyperparameters, rng)
    means = torch.tensor(points, dtype=torch.float32, device=device)
    rgb = torch.tensor(colors, dtype=torch.float32, device=device)
    widths = torch.tensor(neighbor_distances(points), dtype=torch.float32, device=device)
    n, rest = len(means), (sh_degree + 1) ** 2 - 1
    return Gaussians(
        {
            "means": means,
            "quats": torch.tensor([1.0, 0.0, 0.0, 0.0], device=device).repeat(n, 1),
            "scales": torch.log(hyperparameters.init_scale * widths).unsqueeze(1).repeat(1, 3),
            "opacities": torch.logit(torch.full((n,), hyperparameters.init_opacity, device=device)),
            "sh0": (rgb - 0.5) / SH_C0,
            "shN": torch.zeros((n, rest, 3), device=device),
        }
    )


def _initial_points(
    scene: Scene,
    photos: list[TrainingView],
    limit: int,
    hyperparameters: Hyperparameters,
    rng: np.random.Generator,
) -> tuple[np.ndarray, np.ndarray]:
    """Positions [N, 3] and colours [N, 3] in [0, 1]."""
    if not len(scene.points):
        count = min(limit, max(MIN_POINTS, round(limit * hyperparameters.random_init_fraction)))
        return sample_random_points(scene, photos, count, compute_viewing_distance(scene), rng)
    uncovered = sample_uncovered_areas(
        scene.points, photos, round(limit * hyperparameters.uncovered_init_fraction), rng
    )
    known = rng.permutation(len(scene.points))[: limit - len(uncovered[0])]
    sources = [(scene.points[known], scene.point_colors[known] / 255.0), uncovered]
    missing = MIN_POINTS - sum(len(points) for points, _ in sources)
    if missing > 0:
        sources.append((_random_points(scene, missing, rng), rng.uniform(size=(missing, 3))))
    points, colors = (np.concatenate(each) for each in zip(*sources, strict=True))
    return points, colors


def neighbor_distances(points: np.ndarray) -> np.ndarray:
    """Root mean square distance of each point [N, 3] to its three nearest neighbours, [N], above 0."""
    count = min(_NEIGHBORS, len(points) - 1)
    nearest, _ = KDTree(points).query(points, k=range(2, count + 2), workers=-1)
    distances = np.sqrt(np.mean(np.square(nearest), axis=1))
    # Coincident points would get no width, outliers would occlude the scene.
    median = np.median(distances)
    return np.maximum(distances.clip(1e-3 * median, 20.0 * median), 1e-7)


def _random_points(scene: Scene, count: int, rng: np.random.Generator) -> np.ndarray:
    """Points in front of random cameras, at about the viewing distance, [count, 3]."""
    distance = compute_viewing_distance(scene)
    return sample_along_rays(
        [view.camera for view in scene.views], distance * rng.uniform(0.5, 1.5, size=count), rng
    )
