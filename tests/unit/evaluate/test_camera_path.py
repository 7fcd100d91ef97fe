from dataclasses import replace

import numpy as np

from components.evaluate.camera_path import camera_path, subject_depth
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
