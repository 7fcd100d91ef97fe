"""Poses that came with the capture are kept: only the world is turned, moved and scaled."""

import json
import shutil

import numpy as np
import pytest
from PIL import Image

from components.ingest.ingest import ingest
from components.ingest.settings import IngestSettings
from components.sfm.reconstruct import reconstruct
from components.sfm.settings import SfmSettings
from components.sfm.world.orient import look_at_point
from components.shared.errors import ReconstructionError
from components.shared.scene import Scene, load_image, load_image_and_alpha, load_mask, read_scene
from demo_capture.posed import ANGLE_X, DISTANCE_M, hemisphere_pose
from tests.posed_capture import SIZE, write_posed_capture

pytestmark = pytest.mark.slow


def scene_of(folder, root, **settings) -> Scene:
    ingest(str(folder), root / "capture", IngestSettings())
    reconstruct(root / "capture", root / "scene", SfmSettings(**settings))
    return read_scene(root / "scene")


@pytest.fixture(scope="module")
def capture(tmp_path_factory):
    folder = tmp_path_factory.mktemp("posed")
    write_posed_capture(folder, train=9, test=2)
    return folder


@pytest.fixture(scope="module")
def scene(capture, tmp_path_factory) -> Scene:
    return scene_of(capture, tmp_path_factory.mktemp("scene"))


def project(scene: Scene, name: str, places: np.ndarray) -> np.ndarray:
    """Pixels of places of the capture's world."""
    transform = np.linalg.inv(scene.info.world.capture_from_scene)
    camera = next(view.camera for view in scene.views if view.name == name)
    world = places @ transform[:3, :3].T + transform[:3, 3]
    return camera.project(world)[0]


def test_places_are_seen_where_blender_sees_them(scene):
    places = np.random.default_rng(0).uniform(-0.7, 0.7, (20, 3))
    for index in (0, 4, 7):
        pose = hemisphere_pose(index, 9, DISTANCE_M)
        x, y, z = ((places - pose[:3, 3]) @ pose[:3, :3]).T
        focal = 0.5 * SIZE / np.tan(0.5 * ANGLE_X)
        expected = np.stack([0.5 * SIZE - focal * x / z, 0.5 * SIZE + focal * y / z], axis=1)
        np.testing.assert_allclose(project(scene, f"train/r_{index}.png", places), expected, atol=1e-6)


def test_the_world_is_upright_and_centred_and_of_the_usual_size(scene):
    up = np.array(scene.info.world.capture_from_scene)[:3, :3] @ [0, -1, 0]
    np.testing.assert_allclose(up / np.linalg.norm(up), [0, 0, 1], atol=1e-9)
    centers = np.array([view.camera.center for view in scene.views])
    assert (centers[:, 1] < 0).all()
    assert np.median(np.linalg.norm(centers, axis=1)) == pytest.approx(4.0)


def test_scene_json_says_what_is_given_and_what_was_not_measured(scene):
    info = scene.info
    assert info.poses == "given"
    assert info.held_out == ("test/r_0.png", "test/r_1.png")
    assert (info.registered, info.points, info.reprojection_error_px) == (11, 0, None)
    assert {image.reason for image in info.images} == {"its pose came with the capture"}
    assert sum(scene.held_out(every=2)) == 2
    assert scene.points.shape == (0, 3)


def test_photos_that_fit_are_copied_and_stay_in_the_capture(scene, capture):
    for view in scene.views:
        stored = (scene.root.parent / "capture" / "images" / view.name).read_bytes()
        assert (scene.root / "images" / view.name).read_bytes() == stored


def test_photos_are_composited_over_black(scene, capture):
    view = next(view for view in scene.views if view.name == "train/r_0.png")
    original = np.asarray(Image.open(capture / view.name), np.float64)
    expected = original[..., :3] * original[..., 3:] / 255
    assert np.abs(load_image(scene, view) - expected).max() <= 1.0


def test_larger_photos_are_shrunk_with_their_intrinsics_and_keep_their_transparency(capture, tmp_path):
    folder = tmp_path / "large"
    (folder / "train").mkdir(parents=True)
    frames = json.loads((capture / "transforms_train.json").read_text())["frames"][:4]
    for frame in frames:
        image = Image.open(capture / f"{frame['file_path']}.png")
        image.resize((500, 500)).save(folder / f"{frame['file_path']}.png")
    content = {"camera_angle_x": ANGLE_X, "frames": frames}
    (folder / "transforms_train.json").write_text(json.dumps(content))
    scene = scene_of(folder, tmp_path, max_image_px=250)
    camera = scene.views[0].camera
    assert (camera.width, camera.height) == (250, 250)
    assert camera.K[0, 0] == pytest.approx(125 / np.tan(0.5 * ANGLE_X))
    assert load_image_and_alpha(scene, scene.views[0])[1].min() == 0
    assert scene.info.held_out == ()
    assert scene.held_out(every=2) == [True, False, True, False]


def test_masks_go_with_their_photos(capture, tmp_path):
    folder = tmp_path / "masked"
    shutil.copytree(capture, folder)
    mask = np.full((SIZE, SIZE), 255, np.uint8)
    mask[: SIZE // 2] = 0
    (folder / "masks" / "train").mkdir(parents=True)
    Image.fromarray(mask).save(folder / "masks" / "train" / "r_1.png")
    scene = scene_of(folder, tmp_path)
    masks = {view.name: load_mask(scene, view, SIZE, SIZE) for view in scene.views}
    valid = masks.pop("train/r_1.png")
    np.testing.assert_array_equal(valid, mask == 255)
    assert all(mask is None for mask in masks.values())


def test_photos_from_one_spot_are_refused(capture, tmp_path):
    folder = tmp_path / "turned"
    shutil.copytree(capture, folder)
    content = json.loads((folder / "transforms_train.json").read_text())
    for frame in content["frames"]:
        for row, value in zip(frame["transform_matrix"], (1.0, 2.0, 3.0), strict=False):
            row[3] = value
    (folder / "transforms_test.json").unlink()
    (folder / "transforms_train.json").write_text(json.dumps(content))
    with pytest.raises(ReconstructionError, match="all 9 photos on one spot"):
        scene_of(folder, tmp_path)


def test_poses_far_from_the_origin_give_the_same_scene(capture, scene, tmp_path):
    folder, far = tmp_path / "far", np.array([500_000.0, 5_600_000.0, 100.0])  # as in UTM
    shutil.copytree(capture, folder)
    for name in ("transforms_train.json", "transforms_test.json"):
        content = json.loads((folder / name).read_text())
        for frame in content["frames"]:
            for row, offset in zip(frame["transform_matrix"], far, strict=False):
                row[3] += offset
        (folder / name).write_text(json.dumps(content))
    moved = scene_of(folder, tmp_path)
    places = np.random.default_rng(0).uniform(-0.7, 0.7, (20, 3))
    expected = project(scene, "train/r_4.png", places)
    np.testing.assert_allclose(project(moved, "train/r_4.png", places + far), expected, atol=1e-4)
    for view, near in zip(moved.views, scene.views, strict=True):
        np.testing.assert_allclose(view.camera.center, near.camera.center, atol=1e-5)


def test_without_points_parallel_cameras_look_ahead_and_a_panorama_around_itself():
    centers = np.array([[x, 0.0, 0.0] for x in (-1, 0, 1)])
    ahead = np.tile([0.0, 0.0, 1.0], (3, 1))
    np.testing.assert_allclose(look_at_point(centers, ahead, np.zeros((0, 3))), [0, 0, 5])
    angles = 2 * np.pi * np.arange(8) / 8
    outwards = np.stack([np.sin(angles), np.zeros(8), np.cos(angles)], axis=1)
    np.testing.assert_allclose(look_at_point(outwards, outwards, np.zeros((0, 3))), np.zeros(3), atol=1e-12)
