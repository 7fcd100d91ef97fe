import numpy as np
import pycolmap
import pytest
from PIL import Image

from components.shared.scene import (
    Camera,
    Scene,
    View,
    fitted_size,
    load_image,
    load_image_and_alpha,
    load_mask,
    read_scene,
)
from tests.scene_info import scene_info


@pytest.fixture
def scene_folder(tmp_path):
    model = pycolmap.Reconstruction()
    model.add_camera_with_trivial_rig(
        pycolmap.Camera(model="PINHOLE", width=80, height=60, params=[70, 71, 40, 30], camera_id=1)
    )
    rotation = pycolmap.Rotation3d(np.array([0.0, 0.0, np.sin(0.2), np.cos(0.2)]))
    for i, name in enumerate(["b/1.png", "a/1.png"], start=1):
        image = pycolmap.Image(name=name, camera_id=1, image_id=i)
        model.add_image_with_trivial_frame(image, pycolmap.Rigid3d(rotation, np.array([i, 2.0, 3.0])))
    model.add_point3D(np.array([1.0, 2, 3]), pycolmap.Track(), np.array([9, 8, 7], np.uint8))
    for folder in ("sparse", "images/a", "images/b"):
        (tmp_path / folder).mkdir(parents=True)
    model.write_binary(str(tmp_path / "sparse"))
    pixels = np.zeros((60, 80, 3), np.uint8)
    pixels[:, 40:] = 200
    Image.fromarray(pixels).save(tmp_path / "images/a/1.png")
    scene_info().write(tmp_path / "scene.json")
    return tmp_path


def test_views_come_in_order_of_name_with_their_poses(scene_folder):
    scene = read_scene(scene_folder)
    assert [view.name for view in scene.views] == ["a/1.png", "b/1.png"]
    camera = scene.views[0].camera
    np.testing.assert_allclose(camera.viewmat[:3, 3], [2, 2, 3])
    np.testing.assert_allclose(camera.viewmat @ np.append(camera.center, 1), [0, 0, 0, 1], atol=1e-12)
    np.testing.assert_allclose(camera.K, [[70, 0, 40], [0, 71, 30], [0, 0, 1]])
    np.testing.assert_array_equal(scene.point_colors, [[9, 8, 7]])


def test_a_shrunk_photo_and_its_camera_agree(scene_folder):
    scene = read_scene(scene_folder)
    image = load_image(scene, scene.views[0], max_side_px=20)
    camera = scene.views[0].camera.scaled(image.shape[1], image.shape[0])
    assert image.shape == (15, 20, 3)
    assert (image[0, 9, 0], image[0, 10, 0]) == (0, 200)
    np.testing.assert_allclose(camera.K[:2], [[17.5, 0, 10], [0, 17.75, 7.5]])


def test_sizes_never_grow():
    assert fitted_size(80, 60, None) == (80, 60)
    assert fitted_size(80, 60, 100) == (80, 60)
    assert fitted_size(60, 80, 40) == (30, 40)


def test_every_eighth_view_is_held_out(scene_folder):
    scene = read_scene(scene_folder)
    assert scene.held_out() == [True, False]
    assert Camera(np.eye(4), np.eye(3), 2, 2).center.tolist() == [0, 0, 0]


def test_a_pixel_that_is_masked_in_part_is_masked(tmp_path):
    pixels = np.full((8, 12), 255, np.uint8)
    pixels[3, 5] = 0
    (tmp_path / "masks" / "day 1").mkdir(parents=True)
    Image.fromarray(pixels).save(tmp_path / "masks" / "day 1" / "a.jpg.png")
    camera = Camera(np.eye(4), np.eye(3), 12, 8)
    scene = Scene(tmp_path, [], np.zeros((0, 3)), np.zeros((0, 3), np.uint8), scene_info())
    half = load_mask(scene, View("day 1/a.jpg", camera), 6, 4)
    assert not half[1, 2]
    assert half.sum() == half.size - 1
    assert load_mask(scene, View("b.jpg", camera), 6, 4) is None


def test_world_points_project_to_pixels_and_depths():
    rotation = np.array([[0.0, 0.0, -1.0], [0.0, 1.0, 0.0], [1.0, 0.0, 0.0]])
    viewmat = np.eye(4)
    viewmat[:3, :3], viewmat[:3, 3] = rotation, [0.0, 0.0, 2.0]
    camera = Camera(viewmat, np.array([[100.0, 0, 40], [0, 110, 30], [0, 0, 1]]), 80, 60)
    pixels, depths = camera.project(np.array([[2.0, 1.0, -1.0], [-3.0, 0.0, 0.0]]))
    np.testing.assert_allclose(pixels[0], [40 + 100 / 4, 30 + 110 / 4])
    np.testing.assert_allclose(depths, [4.0, -1.0])


def test_alpha_is_that_of_the_shrunk_image_and_none_where_the_photo_is_opaque(scene_folder):
    scene = read_scene(scene_folder)
    pixels = np.full((60, 80, 4), 200, np.uint8)
    pixels[:, 40:, 3] = 0
    Image.fromarray(pixels).save(scene_folder / "images/b/1.png")
    image, alpha = load_image_and_alpha(scene, scene.views[1], max_side_px=20)
    assert image.shape == (15, 20, 3)
    np.testing.assert_array_equal(alpha[:, [0, 9, 10, 19]], np.tile([200, 200, 0, 0], (15, 1)))
    np.testing.assert_allclose(image[0, [0, 19], 0], [200 * 200 / 255, 0], atol=1)
    assert load_image_and_alpha(scene, scene.views[0])[1] is None
