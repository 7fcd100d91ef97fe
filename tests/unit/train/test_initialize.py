"""Where Gaussians begin: at the points of structure from motion, as wide as the gaps between them."""

from pathlib import Path

import numpy as np
import pytest
import torch

from components.shared.scene import Camera, Scene, View
from components.train.initialize import (
    MIN_POINTS,
    SH_C0,
    initialize,
    neighbor_distances,
    scene_extent,
)

CPU = torch.device("cpu")


def scene_of(points: np.ndarray) -> Scene:
    """Two cameras, 2 apart, that look along z."""
    K = np.array([[100.0, 0, 50], [0, 100, 40], [0, 0, 1]])
    views = []
    for x in (-1.0, 1.0):
        viewmat = np.eye(4)
        viewmat[0, 3] = -x
        views.append(View(f"{x}.png", Camera(viewmat, K, 100, 80)))
    colors = np.full(points.shape, 51, np.uint8)
    return Scene(Path(), views, points, colors, {})


def grid(count: int) -> np.ndarray:
    side = np.arange(count, dtype=float)
    return np.stack(np.meshgrid(side, side, side), axis=-1).reshape(-1, 3) + np.array([0, 0, 10])


def test_neighbors_are_found_across_chunks(monkeypatch):
    points = torch.rand(300, 3, generator=torch.Generator().manual_seed(0))
    every_pair = torch.cdist(points.double(), points.double()).sort(dim=1).values[:, 1:4]
    monkeypatch.setattr("components.train.initialize._CHUNK_PAIRS", 7 * 300)
    assert torch.allclose(neighbor_distances(points), every_pair.square().mean(1).sqrt().float(), rtol=1e-4)


def test_points_at_one_place_still_have_a_width():
    points = torch.cat([torch.zeros(5, 3), torch.rand(50, 3, generator=torch.Generator().manual_seed(0)) + 1])
    assert (neighbor_distances(points) > 0).all()


def test_gaussians_take_place_color_and_width_of_the_points():
    gaussians = initialize(scene_of(grid(10)), [], 5_000, sh_degree=1, seed=0, device=CPU)
    assert len(gaussians) == 1_000
    assert gaussians["shN"].shape == (1_000, 3, 3)
    assert torch.allclose(gaussians["sh0"] * SH_C0 + 0.5, torch.tensor(0.2), atol=1e-6)
    assert torch.allclose(gaussians["scales"].exp(), torch.tensor(1.0), atol=1e-5)
    start = {tuple(row) for row in gaussians["means"].detach().numpy().round(3).tolist()}
    assert start == {tuple(row) for row in grid(10).tolist()}


def test_the_budget_holds_from_the_start():
    assert len(initialize(scene_of(grid(12)), [], 1_200, sh_degree=0, seed=0, device=CPU)) == 1_200


@pytest.mark.parametrize("count", [0, 40])
def test_few_points_are_joined_by_random_ones_that_the_cameras_see(count):
    scene = scene_of(grid(4)[:count])
    gaussians = initialize(scene, [], 5_000, sh_degree=0, seed=0, device=CPU)
    assert len(gaussians) == MIN_POINTS
    added = np.array(sorted(set(map(tuple, gaussians["means"].tolist())) - set(map(tuple, scene.points))))
    assert (added[:, 2] > 0).all()
    assert torch.isfinite(gaussians["scales"]).all()


def test_the_extent_is_that_of_the_cameras_unless_they_stand_together():
    assert scene_extent(scene_of(grid(3) - np.array([0, 0, 5]))) == pytest.approx(1.1)
    far = grid(3) + np.array([0, 0, 1_000])
    assert scene_extent(scene_of(far)) == pytest.approx(101, rel=0.01)
