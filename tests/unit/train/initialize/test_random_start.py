"""Where Gaussians begin without any points: within an object's outline, or where cameras look."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from components.shared.rasterize.conventions import SH_C0
from components.shared.scene import Camera, Scene, View
from components.train.hyperparameters import CPU, CUDA
from components.train.initialize.initialize import initialize
from components.train.initialize.random_start import observe, sample_random_points
from components.train.scene.pinhole import project
from components.train.scene.scene_scale import compute_scene_scale, compute_viewing_distance
from components.train.scene.views import TrainingView
from components.train.strategies.bounds import compute_bounds
from tests.scene_info import scene_info
from tests.unit.train.painted_cube import VIEWS, ring_camera

RADIUS = 0.6
NOWHERE = np.zeros((0, 3))


def scene_of(cameras: list[Camera]) -> Scene:
    views = [View(f"{index:02d}.png", camera) for index, camera in enumerate(cameras)]
    return Scene(Path(), views, NOWHERE, NOWHERE.astype(np.uint8), scene_info())


def ball(camera: Camera, index: int) -> TrainingView:
    """Red, at the origin, half transparent in each second photo."""
    x, y = np.meshgrid(np.arange(camera.width) + 0.5, np.arange(camera.height) + 0.5)
    rays = np.stack([x, y, np.ones_like(x)], axis=-1) @ np.linalg.inv(camera.K).T @ camera.viewmat[:3, :3]
    rays /= np.linalg.norm(rays, axis=-1, keepdims=True)
    is_ball = np.linalg.norm(np.cross(rays, camera.center), axis=-1) < RADIUS
    alpha = (is_ball * (255 if index % 2 else 128)).astype(np.uint8)
    pixels = np.zeros((*alpha.shape, 3), np.uint8)
    pixels[..., 0] = alpha
    return TrainingView("", camera, torch.from_numpy(pixels), torch.from_numpy(alpha), index=index)


CAMERAS = [ring_camera(index) for index in range(VIEWS)]
BALLS = [ball(camera, index) for index, camera in enumerate(CAMERAS)]
OPAQUE = [replace(photo, alpha=None) for photo in BALLS]


def test_an_objects_outline_is_filled_and_takes_its_color():
    points, colors = sample_random_points(scene_of(CAMERAS), BALLS, 2_000, 3.0, np.random.default_rng(0))
    assert len(points) == 2_000
    assert np.abs(points[:, [0, 2]]).max() < RADIUS + 0.05
    assert np.linalg.norm(points, axis=1).max() < 1.5 * RADIUS
    assert np.abs(points).max(axis=0).min() > 0.8 * RADIUS
    np.testing.assert_allclose(colors, np.tile([1.0, 0.0, 0.0], (2_000, 1)), atol=0.01)


def test_what_is_masked_carves_nothing():
    blind = [replace(photo, mask=torch.zeros_like(photo.alpha, dtype=torch.bool)) for photo in BALLS]
    points, colors = sample_random_points(scene_of(CAMERAS), blind, 2_000, 3.0, np.random.default_rng(0))
    assert np.linalg.norm(points, axis=1).max() > 1.5 * RADIUS
    assert (colors == 0.5).all()


def test_photos_that_contradict_one_another_still_give_a_start():
    empty = [replace(photo, alpha=torch.zeros_like(photo.alpha)) for photo in BALLS]
    assert len(sample_random_points(scene_of(CAMERAS), empty, 300, 3.0, np.random.default_rng(0))[0]) == 300


def test_opaque_photos_get_places_where_they_look_and_behind_it():
    points, _ = sample_random_points(scene_of(CAMERAS), OPAQUE, 2_000, 3.0, np.random.default_rng(0))
    distances = np.linalg.norm(points, axis=1)
    assert (distances < 1.5).mean() > 0.2
    assert (distances > 4.0).mean() > 0.1
    for camera in CAMERAS:
        assert len(project(torch.tensor(points), camera)[1]) > 200


def test_cameras_that_look_apart_get_places_before_them():
    ahead = []
    for x in range(4):
        viewmat = np.eye(4)
        viewmat[0, 3] = -x
        ahead.append(replace(CAMERAS[0], viewmat=viewmat))
    points, _ = sample_random_points(scene_of(ahead), [], 400, 2.0, np.random.default_rng(0))
    assert points[:, 2].min() == pytest.approx(0.8, abs=0.05)
    assert points[:, 2].max() == pytest.approx(6.0, abs=0.3)


def test_points_behind_a_camera_are_not_seen_by_it():
    behind = CAMERAS[0].center[None] * 2.0
    colors, is_solid = observe(np.concatenate([behind, [[0.0, 0.0, 0.0]]]), BALLS[:1])
    np.testing.assert_allclose(colors, [[0.5, 0.5, 0.5], [1.0, 0.0, 0.0]], atol=0.01)
    assert is_solid.tolist() == [False, True]


@pytest.mark.slow
@pytest.mark.parametrize("hyperparameters", [CPU, CUDA])
def test_gaussians_start_there_equal_for_equal_seeds(hyperparameters):
    def start(seed):
        return initialize(scene_of(CAMERAS), BALLS, 10_000, 1, seed, torch.device("cpu"), hyperparameters)

    first, second, other = start(0), start(0), start(1)
    assert len(first) == 2_000
    assert torch.equal(first["means"], second["means"])
    assert not torch.equal(first["means"], other["means"])
    assert (first["sh0"][:, 0] * SH_C0).mean() > 0.45


@pytest.mark.slow
def test_distances_and_bounds_follow_from_the_cameras():
    scene = scene_of(CAMERAS)
    distance = float(np.median([np.linalg.norm(camera.center) for camera in CAMERAS]))
    assert compute_viewing_distance(scene) == pytest.approx(distance)
    assert compute_scene_scale(scene) > 0.9 * distance
    gaussians = initialize(scene, BALLS, 10_000, 0, 0, torch.device("cpu"))
    bounds = compute_bounds(scene, torch.device("cpu"))
    assert bounds.contain(gaussians).all()
    with torch.no_grad():
        gaussians["means"][5] = torch.tensor(0.99 * CAMERAS[0].center)
    assert (~bounds.contain(gaussians)).nonzero().flatten().tolist() == [5]
