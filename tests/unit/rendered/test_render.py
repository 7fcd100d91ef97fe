from pathlib import Path

import numpy as np
import pycolmap
import pytest
from PIL import Image

from demo_capture.textures.canvas import Canvas
from tests.rendered.captures import orbit_poses
from tests.rendered.lenses import distorted, fisheye, pinhole, sphere
from tests.rendered.paths import look_at, look_down
from tests.rendered.places import courtyard
from tests.rendered.render import Scenery, paint_world
from tests.rendered.terrain import make_terrain
from tests.rendered.world import World, wall

_DOTS_M = np.array([(0.5, 0.5), (1.5, 0.8), (2.4, 1.6), (1.1, 1.4)])
"""From the left and from the top of the wall."""


def _dots(canvas: Canvas) -> np.ndarray:
    x, y = canvas.grid()
    painted = np.zeros((*canvas.shape, 3), np.float32)
    for dot_x, dot_y in _DOTS_M:
        painted[np.hypot(x - dot_x, y - dot_y) < 0.04] = 1.0
    return painted


@pytest.mark.slow
@pytest.mark.parametrize(
    "camera",
    [pinhole(640, 480), distorted(640, 480), fisheye(640), sphere(1600)],
    ids=lambda camera: camera.model_name,
)
def test_painted_dots_appear_where_colmap_projects_them(camera: pycolmap.Camera) -> None:
    scenery = paint_world(World([[wall((0.0, 2.0), (3.0, 2.0), 0.0, 2.0, painter=_dots, texel_m=0.002)]]))
    pose = look_at(np.array([1.2, -1.3, 1.2]), np.array([1.5, 2.0, 1.0]), roll_degrees=12.0)
    photo = np.maximum(scenery.photo(camera, pose)[..., 0].astype(float) - 10, 0)
    places = np.column_stack([_DOTS_M[:, 0], np.full(4, 2.0), 2.0 - _DOTS_M[:, 1]])
    projected = camera.img_from_cam(places @ pose[:, :3].T + pose[:, 3])
    for x, y in projected:
        left, top = round(x) - 10, round(y) - 10
        part = photo[top : top + 20, left : left + 20]
        rows, columns = np.mgrid[top : top + 20, left : left + 20] + 0.5
        found = np.array([np.sum(part * columns), np.sum(part * rows)]) / part.sum()
        assert found == pytest.approx([x, y], abs=0.15)


@pytest.fixture(scope="module")
def yard() -> Scenery:
    return paint_world(courtyard(480, seed=3))


@pytest.mark.slow
def test_points_have_the_same_colour_in_two_photos(yard: Scenery) -> None:
    first, second = orbit_poses(20, seed=1)[:2]
    _assert_consistent(yard, distorted(480, 320), first, second)


def test_points_of_terrain_have_the_same_colour_in_two_photos() -> None:
    scenery = paint_world(World(terrain=make_terrain(-150, 150, -150, 150, seed=2)))
    first = look_down(np.array([0.0, 0.0, 100.0]), 0.0)
    second = look_down(np.array([15.0, 20.0, 95.0]), 90.0, 20.0)
    _assert_consistent(scenery, pinhole(320, 240, focal_35mm=35), first, second)


def _assert_consistent(
    scenery: Scenery, camera: pycolmap.Camera, first: np.ndarray, second: np.ndarray
) -> None:
    pixels = np.random.default_rng(0).uniform((5, 5), (camera.width - 5, camera.height - 5), (800, 2))
    points = scenery.surface_points(camera, first, pixels)
    pixels, points = pixels[np.isfinite(points[:, 0])], points[np.isfinite(points[:, 0])]
    seen = np.asarray(camera.img_from_cam(points @ second[:, :3].T + second[:, 3]))
    is_inside = ((seen > 5) & (seen < np.array([camera.width, camera.height]) - 5)).all(axis=1)
    pixels, points, seen = pixels[is_inside], points[is_inside], seen[is_inside]
    is_visible = np.linalg.norm(scenery.surface_points(camera, second, seen) - points, axis=1) < 0.01
    assert is_visible.sum() > 200
    colors = [
        _sampled(scenery.photo(camera, pose), places[is_visible])
        for pose, places in ((first, pixels), (second, seen))
    ]
    assert np.corrcoef(colors[0].ravel(), colors[1].ravel())[0, 1] > 0.93


def _sampled(photo: np.ndarray, pixels: np.ndarray) -> np.ndarray:
    x, y = (pixels - 0.5).T
    left, top = x.astype(int), y.astype(int)
    wx, wy = (x - left)[:, None], (y - top)[:, None]
    upper = photo[top, left] * (1 - wx) + photo[top, left + 1] * wx
    lower = photo[top + 1, left] * (1 - wx) + photo[top + 1, left + 1] * wx
    return upper * (1 - wy) + lower * wy


@pytest.mark.slow
def test_a_photo_has_thousands_of_features(yard: Scenery, tmp_path: Path) -> None:
    photo = yard.photo(pinhole(640, 480), orbit_poses(20, seed=1)[0])
    Image.fromarray(photo).save(tmp_path / "photo.jpg", quality=95)
    pycolmap.extract_features(tmp_path / "database.db", tmp_path, ["photo.jpg"])
    with pycolmap.Database.open(tmp_path / "database.db") as database:
        assert database.num_keypoints() > 1000


def test_equal_worlds_give_equal_photos() -> None:
    camera, pose = pinhole(160, 120), orbit_poses(20, seed=1)[3]
    first, again, other = (
        paint_world(courtyard(160, seed=seed)).photo(camera, pose).astype(int) for seed in (5, 5, 6)
    )
    assert (first == again).all()
    assert np.abs(first - other).mean() > 10
