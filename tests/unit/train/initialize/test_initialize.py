"""Where Gaussians begin: at the points of structure from motion, as wide as the gaps between them."""

from pathlib import Path

import numpy as np
import pytest
import torch

from components.shared.rasterize.conventions import SH_C0
from components.shared.scene import Camera, Scene, View
from components.train.initialize.initialize import MIN_POINTS, initialize, neighbor_distances
from components.train.initialize.uncovered_areas import sample_uncovered_areas
from components.train.scene.pinhole import project, unproject
from components.train.scene.scene_scale import compute_scene_scale
from components.train.scene.views import TrainingView
from components.train.strategies.bounds import compute_bounds
from tests.scene_info import scene_info

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
    return Scene(Path(), views, points, colors, scene_info())


def grid(count: int) -> np.ndarray:
    side = np.arange(count, dtype=float)
    return np.stack(np.meshgrid(side, side, side), axis=-1).reshape(-1, 3) + np.array([0, 0, 10])


def test_widths_are_the_distances_of_the_three_nearest():
    points = np.random.default_rng(0).uniform(size=(300, 3))
    every_pair = np.sort(np.linalg.norm(points[:, None] - points[None], axis=2), axis=1)[:, 1:4]
    np.testing.assert_allclose(neighbor_distances(points), np.sqrt(np.square(every_pair).mean(axis=1)))


def test_points_at_one_place_still_have_a_width():
    points = np.concatenate([np.zeros((5, 3)), np.random.default_rng(0).uniform(1, 2, size=(50, 3))])
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
    assert compute_scene_scale(scene_of(grid(3) - np.array([0, 0, 5]))) == pytest.approx(1.1)
    far = grid(3) + np.array([0, 0, 1_000])
    assert compute_scene_scale(scene_of(far)) == pytest.approx(101, rel=0.01)


def test_what_hangs_before_a_lens_or_outgrows_the_scene_is_out_of_bounds():
    scene = scene_of(grid(10))
    gaussians = initialize(scene, [], 5_000, sh_degree=0, seed=0, device=CPU)
    bounds = compute_bounds(scene, CPU)
    assert bounds.contain(gaussians).all()
    with torch.no_grad():
        gaussians["means"][3] = torch.tensor([-1.0, 0.0, 0.5])
        gaussians["scales"][7, 2] = 10.0
    assert (~bounds.contain(gaussians)).nonzero().flatten().tolist() == [3, 7]


def test_a_photos_bare_half_gets_points_and_the_other_half_none():
    camera = scene_of(grid(2)).views[0].camera
    pixels = torch.full((80, 100, 3), 10, dtype=torch.uint8)
    pixels[:, 50:] = 250
    x, y = np.meshgrid(np.arange(0, 50, 2), np.arange(0, 80, 2))
    points = unproject(np.stack([x, y], -1).reshape(-1, 2) + 0.5, np.full(x.size, 5.0), camera)
    places, colors = sample_uncovered_areas(
        points, [TrainingView("", camera, pixels)], limit=60, rng=np.random.default_rng(0)
    )
    assert len(places) == 60
    _, *seen = project(torch.from_numpy(places), camera)
    seen_at, depths = (each.numpy() for each in seen)
    assert (seen_at[:, 0] > 50).all()
    assert set(depths.round(3)) == {5.0, 15.0}
    assert (colors == 250 / 255).all()
