from dataclasses import replace

import numpy as np

from components.evaluate.camera_path import camera_path
from components.evaluate.places import subject_depth
from components.shared.scene import Camera, View
from tests.toy_world import VIEWS


def positions(path):
    return np.array([frame.position for frame in path.frames])


def test_a_walk_around_the_subject_closes_and_has_an_even_pace(posed_scene):
    path = camera_path(posed_scene, 60)
    assert path.closed
    around = positions(path)
    steps = np.linalg.norm(np.roll(around, -1, axis=0) - around, axis=1)
    assert steps.max() / steps.min() < 1.05
    radii = np.linalg.norm(around[:, [0, 2]], axis=1)
    assert radii.min() > 2.6 * 0.9
    assert radii.max() < 2.6 * 1.02


def test_half_a_walk_stays_open_and_keeps_its_ends(posed_scene):
    half = replace(posed_scene, views=posed_scene.views[: VIEWS // 2 + 1])
    path = camera_path(half, 30)
    assert not path.closed
    for frame, view in ((path.frames[0], half.views[0]), (path.frames[-1], half.views[-1])):
        np.testing.assert_allclose(frame.position, view.camera.center, atol=1e-6)


def test_a_round_trip_starts_where_it_is_told_and_has_no_jump(posed_scene):
    half = replace(posed_scene, views=posed_scene.views[: VIEWS // 2 + 1])
    for scene in (posed_scene, half):
        path = camera_path(scene, 40)
        start = path.frames[17]
        loop = path.loop_from(start)
        assert loop[0] is start
        places = np.array([frame.position for frame in loop])
        steps = np.linalg.norm(np.roll(places, -1, axis=0) - places, axis=1)
        assert steps.max() < 1.2 * np.median(steps)


def test_few_photos_and_photos_from_one_place_make_a_path_too(posed_scene):
    for views in (posed_scene.views[:2], posed_scene.views[:3], posed_scene.views[:1] * 4):
        path = camera_path(replace(posed_scene, views=views), 12)
        assert len(path.frames) == 12
        assert np.isfinite(positions(path)).all()


def test_the_subject_depth_is_that_of_the_visible_points(posed_scene):
    camera = posed_scene.views[0].camera
    assert 2.0 < subject_depth(posed_scene, camera) < 3.6
    ahead = camera.center + camera.viewmat[2, :3] * 1.5
    one_point = replace(posed_scene, points=np.array([ahead, ahead - 9.0 * camera.viewmat[2, :3]]))
    np.testing.assert_allclose(subject_depth(one_point, camera), 1.5)


def turned(camera, yaw, pitch=0.0):
    """The same camera, turned to the right and then upwards by degrees."""
    yaw, pitch = np.radians((yaw, pitch))
    turn = np.array([[np.cos(yaw), 0, -np.sin(yaw)], [0, 1, 0], [np.sin(yaw), 0, np.cos(yaw)]])
    nod = np.array([[1, 0, 0], [0, np.cos(pitch), np.sin(pitch)], [0, -np.sin(pitch), np.cos(pitch)]])
    viewmat = np.eye(4)
    viewmat[:3] = nod @ turn @ camera.viewmat[:3]
    return Camera(viewmat, camera.K, camera.width, camera.height)


def test_360_photos_look_along_the_way(posed_scene):
    """Eight views on each spot are one place of the path, which does not turn around on it."""
    half = posed_scene.views[: VIEWS // 2]
    views = [
        View(f"{view.name}/{heading}", turned(view.camera, heading, 22.0 * (-1) ** (heading // 45)))
        for view in half
        for heading in range(0, 360, 45)
    ]
    frames = camera_path(replace(posed_scene, views=views), 40).frames
    places = np.array([frame.position for frame in frames])
    forward = np.array([frame.target - frame.position for frame in frames])
    forward /= np.linalg.norm(forward, axis=1, keepdims=True)
    way = np.gradient(places, axis=0)
    way /= np.linalg.norm(way, axis=1, keepdims=True)
    assert (forward * way).sum(axis=1).min() > 0.9
    assert np.abs(forward[:, 1]).max() < 0.05


def test_a_fisheye_looks_ahead(posed_scene):
    half = posed_scene.views[: VIEWS // 2]
    sides = ((0, 0), (-55, 0), (55, 0), (0, 55), (0, -55))
    views = [
        View(f"{view.name}/{index}", turned(view.camera, *side))
        for view in half
        for index, side in enumerate(sides)
    ]
    split = camera_path(replace(posed_scene, views=views), 20).frames
    whole = camera_path(replace(posed_scene, views=half), 20).frames
    for frame, expected in zip(split, whole, strict=True):
        direction, wanted = frame.target - frame.position, expected.target - expected.position
        assert direction @ wanted / np.linalg.norm(direction) / np.linalg.norm(wanted) > 0.98
