import numpy as np
import pytest
from PIL import Image, ImageOps
from PIL.ExifTags import Base

from components.sfm.world.gravity import estimate_down, level
from tests.unit.sfm.sfm_captures import looking, moved, ring, tilt

DOWN = np.array([0.0, 1.0, 0.0])


def degrees_off(poses, orientations=None):
    rotations = np.array([pose[:, :3] for pose in poses])
    down = estimate_down(rotations, orientations or [1] * len(poses))
    return np.degrees(np.arccos(np.clip(down @ DOWN, -1, 1)))


def test_cameras_around_a_subject_that_all_look_down_are_still_upright():
    assert degrees_off(ring(12, above=2.0)) < 0.01


def test_half_a_circle_looking_down_is_upright():
    assert degrees_off(ring(12, above=1.0, arc=np.pi)) < 3.0


def test_a_facade_photographed_head_on_is_upright():
    poses = [looking(np.array([x, 0.0, -5.0]), np.array([x, 0.0, 0.0])) for x in np.linspace(-3, 3, 9)]
    assert degrees_off(poses) < 0.1


def test_careless_hands_average_out():
    rng = np.random.default_rng(0)
    circle = np.linspace(0, 2 * np.pi, 24, endpoint=False)
    centers = np.stack([2 * np.sin(circle), -0.5 - 0 * circle, -2 * np.cos(circle)], axis=1)
    rolls = np.radians(rng.normal(0, 4, 24))
    assert degrees_off([looking(c, np.zeros(3), roll) for c, roll in zip(centers, rolls, strict=True)]) < 2


def test_a_few_photos_on_their_side_change_nothing():
    poses = ring(12)
    for index in (0, 1, 2):
        center = -poses[index][:, :3].T @ poses[index][:, 3]
        poses[index] = looking(center, np.zeros(3), roll=np.pi / 2)
    assert degrees_off(poses) < 1.0


@pytest.mark.parametrize("orientation", range(1, 9))
def test_photos_that_exif_says_are_turned_count_as_pillow_shows_them(orientation):
    rows, columns = np.mgrid[0:4, 0:5].astype(np.uint8)
    shown = [as_shown(plane, orientation) for plane in (columns, rows)]
    down = np.array([int(plane[1, 0]) - int(plane[0, 0]) for plane in shown] + [0])
    np.testing.assert_allclose(estimate_down(np.eye(3)[None], [orientation]), down, atol=1e-12)


def as_shown(plane, orientation):
    image = Image.fromarray(plane)
    image.getexif()[Base.Orientation] = orientation
    return np.asarray(ImageOps.exif_transpose(image))


def test_portrait_and_landscape_mix():
    """A camera turned clockwise stores the world's lower side on the right: EXIF calls that 6."""
    poses = ring(8, arc=np.pi)
    for index in (1, 3, 5):
        center = -poses[index][:, :3].T @ poses[index][:, 3]
        poses[index] = looking(center, np.zeros(3), roll=np.pi / 2)
    assert degrees_off(poses, [1, 6, 1, 6, 1, 6, 1, 1]) < 3.0


def test_a_level_world_has_y_down_and_looks_where_the_first_camera_does():
    poses = moved(ring(8), tilt(0.7), np.array([1.0, 2.0, 3.0]))
    rotations = np.array([pose[:, :3] for pose in poses])
    turn = level(rotations, estimate_down(rotations, [1] * 8))
    np.testing.assert_allclose(turn @ turn.T, np.eye(3), atol=1e-12)
    assert np.linalg.det(turn) == pytest.approx(1.0)
    np.testing.assert_allclose(turn @ tilt(0.7) @ DOWN, DOWN, atol=1e-6)
    first_forward = turn @ rotations[0, 2]
    assert first_forward[0] == pytest.approx(0.0, abs=1e-9)
    assert first_forward[2] > 0


def test_a_first_camera_that_looks_straight_down_gives_a_frame_too():
    straight_down = np.array([[1.0, 0.0, 0.0], [0.0, 0.0, -1.0], [0.0, 1.0, 0.0]])
    turn = level(straight_down[None], DOWN)
    np.testing.assert_allclose(turn, np.eye(3), atol=1e-12)
