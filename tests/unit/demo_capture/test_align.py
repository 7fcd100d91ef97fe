import numpy as np
import pytest

from demo_capture.align import align_similarity, camera_centers, pose_error
from demo_capture.path import look_at


def _rotation(degrees, axis):
    x, y, z = np.asarray(axis) / np.linalg.norm(axis)
    cross = np.array([[0, -z, y], [z, 0, -x], [-y, x, 0]])
    angle = np.radians(degrees)
    return np.eye(3) + np.sin(angle) * cross + (1 - np.cos(angle)) * cross @ cross


@pytest.fixture
def viewmats():
    rng = np.random.default_rng(3)
    return np.array([look_at(center, rng.uniform(-0.1, 0.1, 3)) for center in rng.uniform(-3, 3, (9, 3))])


def _in_another_world(viewmats, scale, rotation, translation):
    """The same cameras where points are scale * rotation @ x + translation."""
    moved = np.array(viewmats)
    moved[:, :3, :3] = viewmats[:, :3, :3] @ rotation.T
    centers = scale * camera_centers(viewmats) @ rotation.T + translation
    moved[:, :3, 3] = -np.einsum("cij,cj->ci", moved[:, :3, :3], centers)
    return moved


def test_a_known_similarity_is_recovered():
    source = np.random.default_rng(0).normal(size=(7, 3))
    rotation = _rotation(130, [1, 2, -1])
    scale, found, translation = align_similarity(source, 2.5 * source @ rotation.T + [4, -1, 2])
    assert scale == pytest.approx(2.5)
    np.testing.assert_allclose(found, rotation, atol=1e-12)
    np.testing.assert_allclose(translation, [4, -1, 2], atol=1e-12)


def test_centres_in_a_plane_give_a_rotation_and_no_mirror():
    source = np.random.default_rng(1).normal(size=(6, 3)) * [1, 0, 1]
    rotation = _rotation(70, [0, 1, 1])
    _, found, _ = align_similarity(source, source @ rotation.T)
    np.testing.assert_allclose(found, rotation, atol=1e-12)


def test_centres_on_a_line_are_refused():
    line = np.outer([0.0, 1, 2, 5], [1, 2, 3])
    with pytest.raises(ValueError, match="4 camera centres on one line"):
        align_similarity(line, line)


def test_cameras_in_another_world_have_no_pose_error(viewmats):
    moved = _in_another_world(viewmats, 0.3, _rotation(50, [3, 1, 2]), np.array([1.0, 2, 3]))
    error = pose_error(moved, viewmats, camera_span=6.0)
    assert error.rotation_degrees < 1e-6
    assert error.center_fraction < 1e-12


def test_a_turn_of_every_camera_about_itself_is_seen_in_degrees(viewmats):
    turned = np.array(viewmats)
    turned[:, :3] = _rotation(0.5, [0, 0, 1]) @ viewmats[:, :3]
    assert pose_error(turned, viewmats, camera_span=6.0).rotation_degrees == pytest.approx(0.5, rel=1e-6)


def test_displaced_centres_are_seen_as_a_fraction_of_the_camera_span(viewmats):
    steps = np.where(np.arange(9) % 2, 0.03, -0.03)
    moved = np.array(viewmats)
    moved[:, :3, 3] += viewmats[:, :3, :3] @ [0.0, 1, 0] * steps[:, None]
    assert pose_error(moved, viewmats, camera_span=6.0).center_fraction == pytest.approx(0.03 / 6.0, rel=0.2)
