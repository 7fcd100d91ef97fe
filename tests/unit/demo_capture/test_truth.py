import numpy as np
import pytest
from PIL import Image

from components.shared.scene import UP
from demo_capture.capture import render_demo_capture
from demo_capture.scene import BACKDROP_HEIGHT_M, BACKDROP_RADIUS_M, GROUND_Y
from demo_capture.truth import DemoTruth

pytestmark = pytest.mark.slow


def _project(camera, points):
    in_camera = points @ camera.viewmat[:3, :3].T + camera.viewmat[:3, 3]
    return in_camera[:, :2] / in_camera[:, 2:] @ camera.K[:2, :2] + camera.K[:2, 2], in_camera[:, 2]


def _gray(demo, view):
    with Image.open(demo.folder / demo.truth.names[view]) as image:
        return np.asarray(image.convert("L"), float)


def _sample(image, pixels):
    """Bilinear, with pixel centres at .5."""
    x, y = (pixels - 0.5).T
    left, top = np.floor(x).astype(int), np.floor(y).astype(int)
    a, b = x - left, y - top
    upper = (1 - a) * image[top, left] + a * image[top, left + 1]
    return (1 - b) * upper + b * (1 - a) * image[top + 1, left] + b * a * image[top + 1, left + 1]


def _shared_points(truth, first, second):
    """Pixels of the first view whose points the second view shows too, not hidden, and where they land."""
    grid = np.stack(np.meshgrid(np.arange(20, truth.width - 20, 4), np.arange(20, truth.height - 20, 4)), -1)
    pixels = grid.reshape(-1, 2) + 0.5
    points = truth.surface_points(first, pixels)
    landed, depth = _project(truth.camera(second), points)
    limits = [truth.width - 20, truth.height - 20]
    inside = (depth > 0) & (landed > 20).all(axis=1) & (landed < limits).all(axis=1)
    pixels, points, landed = pixels[inside], points[inside], landed[inside]
    seen = np.linalg.norm(truth.surface_points(second, landed) - points, axis=1) < 1e-3
    return pixels[seen], landed[seen]


def test_surface_points_project_back_to_their_pixels(small_demo):
    truth = small_demo.truth
    pixels = np.random.default_rng(0).uniform(0, [truth.width, truth.height], (200, 2))
    landed, depth = _project(truth.camera(3), truth.surface_points(3, pixels))
    np.testing.assert_allclose(landed, pixels, atol=1e-6)
    assert depth.min() > 0.5


def test_photos_show_the_true_points_to_a_fraction_of_a_pixel(small_demo):
    """Two photos agree best where the truth says a point is; a tenth of a pixel aside they agree less."""
    pixels, landed = _shared_points(small_demo.truth, 0, 6)
    assert len(pixels) > 2000
    first, second = _gray(small_demo, 0), _gray(small_demo, 6)
    colors = _sample(first, pixels)
    offsets = np.arange(-0.6, 0.61, 0.1)
    for axis in np.eye(2):
        error = [np.abs(_sample(second, landed + offset * axis) - colors).mean() for offset in offsets]
        assert abs(offsets[int(np.argmin(error))]) < 0.15
        assert min(error) < 6.0


def test_the_photo_shows_the_front_door_upright_where_the_truth_projects_it(demo):
    """The door is dark teal, the sign above it pale: colours at known places of the house's front wall."""
    door, sign = np.array([0.0, GROUND_Y - 0.20, -0.20]), np.array([0.0, GROUND_Y - 0.725, -0.20])
    pixels, _ = _project(demo.truth.camera(0), np.stack([door, sign]))
    assert pixels[1, 1] < pixels[0, 1]
    with Image.open(demo.folder / demo.truth.names[0]) as image:
        photo = np.asarray(image, float)
    door_color, sign_color = (photo[int(y), int(x)] for x, y in pixels)
    assert door_color[0] < 0.8 * door_color[2]
    assert sign_color.min() > 120


def test_the_world_is_upright_and_centred_on_what_the_cameras_look_at(demo):
    truth = demo.truth
    ups = -truth.viewmats[:, 1, :3]
    assert (ups @ UP).min() > 0.7
    middle = np.array([[truth.width / 2, truth.height / 2]])
    for view in range(len(truth.names)):
        camera = truth.camera(view)
        landed, _ = _project(camera, np.zeros((1, 3)))
        assert np.linalg.norm(landed - middle) < 0.05 * truth.width


def test_every_pixel_shows_a_surface(demo):
    truth = demo.truth
    corners = np.array([[0, 0], [truth.width, 0], [0, truth.height], [truth.width, truth.height]], float)
    for view in range(len(truth.names)):
        points = truth.surface_points(view, corners)
        assert np.hypot(points[:, 0], points[:, 2]).max() < BACKDROP_RADIUS_M + 1e-6
        assert points[:, 1].min() > GROUND_Y - BACKDROP_HEIGHT_M
        assert points[:, 1].max() < GROUND_Y + 1e-6


def test_the_truth_survives_its_file(small_demo, tmp_path):
    small_demo.truth.save(tmp_path / "truth.json")
    loaded = DemoTruth.load(tmp_path / "truth.json")
    assert loaded.names == small_demo.truth.names
    np.testing.assert_array_equal(loaded.viewmats, small_demo.truth.viewmats)
    np.testing.assert_array_equal(loaded.camera("IMG_0002.jpg").K, small_demo.truth.K)


def test_a_reconstruction_equal_to_the_truth_has_no_error(small_demo):
    truth = small_demo.truth
    error = truth.pose_error(dict(zip(truth.names[2:], truth.viewmats[2:], strict=True)))
    assert error.rotation_degrees < 1e-6
    assert error.center_fraction < 1e-9


def test_impossible_captures_are_refused(tmp_path):
    with pytest.raises(ValueError, match="0 photos"):
        render_demo_capture(tmp_path, photos=0)
