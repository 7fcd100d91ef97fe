from pathlib import Path

import numpy as np
import pytest

from components.shared.scene import Camera, Scene, View
from components.train.scene.scene_scale import compute_scene_scale, compute_viewing_distance
from tests.scene_info import scene_info


def scene_of(centers: list[list[float]], points: list[list[float]]) -> Scene:
    views = []
    for index, center in enumerate(centers):
        viewmat = np.eye(4)
        viewmat[:3, 3] = -np.array(center)
        views.append(View(f"{index}.png", Camera(viewmat, np.eye(3), 8, 8)))
    known = np.array(points, dtype=np.float64).reshape(-1, 3)
    return Scene(Path(), views, known, np.zeros_like(known, np.uint8), scene_info())


def test_the_scene_scale_is_a_little_more_than_the_cameras_spread():
    scene = scene_of([[-2, 0, 0], [2, 0, 0]], [[0, 0, 3], [0, 0, 5], [0, 0, 9]])
    assert compute_scene_scale(scene) == pytest.approx(2.2)
    assert compute_viewing_distance(scene) == pytest.approx(5.0)


def test_without_points_the_cameras_look_at_the_origin():
    assert compute_viewing_distance(scene_of([[3, 0, 0], [0, 4, 0], [0, 0, 5]], [])) == pytest.approx(4.0)


def test_a_viewing_distance_of_zero_is_replaced_by_the_scene_scale():
    scene = scene_of([[0, 0, 0], [0, 0, 0]], [])
    assert compute_viewing_distance(scene) == compute_scene_scale(scene) == 1e-6
