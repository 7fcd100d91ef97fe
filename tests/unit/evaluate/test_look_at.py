import numpy as np
import pytest

from components.evaluate.look_at import LookAt, look_at, quarter_turns
from components.shared.scene import Camera
from tests.toy_world import ring_camera


def project(camera: Camera, point: np.ndarray) -> np.ndarray:
    pixel = camera.K @ (camera.viewmat[:3, :3] @ point + camera.viewmat[:3, 3])
    return pixel[:2] / pixel[2]


def rolled(camera: Camera, degrees: float) -> Camera:
    """The camera turned clockwise about its own axis, as seen from behind it."""
    c, s = np.cos(np.deg2rad(degrees)), np.sin(np.deg2rad(degrees))
    viewmat = np.eye(4)
    viewmat[:2, :2] = [[c, s], [-s, c]]
    return Camera(viewmat @ camera.viewmat, camera.K, camera.width, camera.height)


def test_the_target_is_in_the_middle_and_up_is_up():
    look = LookAt(np.array([1.0, -2.0, -5.0]), np.array([0.5, 0.2, 1.0]), 0.6, 0.4)
    camera = look.camera(300, 200)
    np.testing.assert_allclose(project(camera, look.target), [150, 100], atol=1e-9)
    x, y = project(camera, look.target + np.array([0.0, -0.1, 0.0]))
    assert x == pytest.approx(150)
    assert y < 99
    np.testing.assert_allclose(camera.center, look.position, atol=1e-12)
    assert np.linalg.det(camera.viewmat[:3, :3]) == pytest.approx(1.0)


def test_a_frame_of_the_same_shape_shows_exactly_the_photo():
    photo = ring_camera(2)
    camera = look_at(photo, 2.0).camera(photo.width, photo.height)
    np.testing.assert_allclose(camera.viewmat, photo.viewmat, atol=1e-12)
    np.testing.assert_allclose(camera.K, photo.K, atol=1e-9)


def test_a_frame_of_another_shape_is_as_much_too_wide_as_too_narrow():
    look = LookAt(np.zeros(3), np.array([0.0, 0.0, 1.0]), tan_x=0.8, tan_y=0.2)
    K = look.camera(200, 200).K
    assert 100 / K[0, 0] == pytest.approx(0.4)
    assert K[0, 0] == pytest.approx(K[1, 1])


def test_roll_is_taken_out_and_the_direction_kept():
    photo = ring_camera(1)
    level = look_at(rolled(photo, 12.0), 2.0).camera(photo.width, photo.height)
    np.testing.assert_allclose(level.viewmat, photo.viewmat, atol=1e-12)


@pytest.mark.parametrize("turns", [0, 1, 2, 3])
def test_a_photo_stored_on_its_side_is_found_out(turns):
    camera = ring_camera(3)
    upright = np.arange(camera.width * camera.height).reshape(camera.height, camera.width)
    # Turning the camera clockwise rotates its image to the left, as np.rot90 with a positive count does.
    stored = rolled(camera, 90.0 * turns)
    image = np.rot90(upright, turns)
    np.testing.assert_array_equal(np.rot90(image, quarter_turns(stored)), upright)
    level = look_at(stored, 1.0)
    assert (level.aspect < 1) == (turns % 2 == 1)


def test_a_camera_that_looks_straight_down_gets_a_image_too():
    look = LookAt(np.array([1.0, -10.0, 2.0]), np.array([1.0, 0.0, 2.0]), 0.5, 0.5)
    camera = look.camera(100, 100)
    assert np.isfinite(camera.viewmat).all()
    assert project(camera, np.array([2.0, 0.0, 2.0]))[0] > 50
    assert quarter_turns(camera) == 0
