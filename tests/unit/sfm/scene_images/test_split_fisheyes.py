"""Flat views of fisheye photos: pixels, masks, poses and observations agree with the fisheye's camera."""

from __future__ import annotations

import math

import numpy as np
import pycolmap
import pytest
from PIL import Image

from components.sfm.capture import CapturePhoto
from components.sfm.scene_images.masks import shrink_masks
from components.sfm.scene_images.split_fisheyes import split_fisheyes
from components.shared.progress import ignore_progress
from tests.unit.sfm.sfm_captures import capture_of, tilt

SIDE, FOCAL = 400, 120.0
USED = 1.45 * FOCAL
"""Radius of the circle that the masks leave, 83° from the axis."""
POINTS = np.array([[0.1, 0.2, 3.0], [3.0, 0.1, 1.0], [-3.0, 0.3, 0.6], [0.2, 2.5, 1.0], [1.0, -0.9, 1.0]])


def directions(size):
    """Rays [H, W, 3] of an equidistant fisheye; what is behind it too."""
    y, x = np.mgrid[0.5 : size[1], 0.5 : size[0]]
    x, y = x - size[0] / 2, y - size[1] / 2
    radius = np.hypot(x, y)
    angle = radius / FOCAL
    return np.stack([np.sin(angle) * x / radius, np.sin(angle) * y / radius, np.cos(angle)], axis=-1)


def fisheye_model(size=(SIDE, SIDE)):
    """Two photos that see all of `POINTS`, under one turned and shifted pose."""
    model = pycolmap.Reconstruction()
    camera = pycolmap.Camera(
        model="OPENCV_FISHEYE",
        width=size[0],
        height=size[1],
        params=[FOCAL, FOCAL, size[0] / 2, size[1] / 2, 0, 0, 0, 0],
        camera_id=1,
    )
    model.add_camera_with_trivial_rig(camera)
    pose = pycolmap.Rigid3d(pycolmap.Rotation3d(tilt(0.3)), np.array([0.2, -0.1, 0.3]))
    for number in (1, 2):
        pixels = camera.img_from_cam(POINTS)
        image = pycolmap.Image(name=f"{number}.png", keypoints=pixels, camera_id=1, image_id=number)
        model.add_image_with_trivial_frame(image, pose)
    for index, point in enumerate(POINTS):
        track = pycolmap.Track()
        for number in (1, 2):
            track.add_element(number, index)
        model.add_point3D(pose.inverse() * point, track, np.zeros(3, np.uint8))
    return model


@pytest.fixture
def scene(tmp_path):
    (tmp_path / "scene").mkdir()
    return tmp_path / "scene"


def capture_with(tmp_path, names, size, *, masked):
    rays = directions(size)
    picture = Image.fromarray(np.round(127.5 + 127.5 * rays).astype(np.uint8))
    photos = []
    for number, name in enumerate(names, start=1):
        for folder in ("images", "masks"):
            (tmp_path / folder / name).parent.mkdir(parents=True, exist_ok=True)
        picture.save(tmp_path / "images" / name)
        if masked:
            used = np.hypot(*(np.mgrid[0.5 : size[1], 0.5 : size[0]] - SIDE / 2)) < USED
            Image.fromarray(used.astype(np.uint8) * 255).save(tmp_path / "masks" / f"{name}.png")
        photos.append(CapturePhoto(number, name, *size, 0, 1, None, is_masked=masked))
    return capture_of(photos, tmp_path)


def split(model, capture, tmp_path, scene):
    masks = shrink_masks(capture, tmp_path / "shrunk", 1600)
    return split_fisheyes(model, capture, masks, scene, ignore_progress)


def test_views_show_the_directions_of_their_cameras(tmp_path, scene):
    model = fisheye_model()
    pose = model.images[1].cam_from_world()
    capture = capture_with(tmp_path, ["a/1.png", "2.png"], (SIDE, SIDE), masked=True)
    names = split(model, capture, tmp_path, scene)
    views = ("front", "left", "right", "up", "down")
    assert names["a/1.png"] == tuple(f"a/1/{view}.jpg" for view in views)
    (camera,) = model.cameras.values()
    assert (camera.model.name, camera.width, *camera.params) == ("PINHOLE", 240, 120, 120, 120, 120)
    seen = []
    for image in model.images.values():
        rotation = (image.cam_from_world() * pose.inverse()).rotation.matrix()  # from the lens
        across = (np.arange(240) + 0.5 - 120) / 120
        rays = np.stack([*np.meshgrid(across, across), np.ones((240, 240))], axis=-1) @ rotation
        rays /= np.linalg.norm(rays, axis=-1, keepdims=True)
        mask = scene / "masks" / f"{image.name}.png"
        used = np.asarray(Image.open(mask)) > 0 if mask.exists() else np.ones((240, 240), bool)
        difference = np.abs(np.asarray(Image.open(scene / "images" / image.name)) - (127.5 + 127.5 * rays))
        assert np.quantile(difference[used], 0.998) < 6, image.name
        angle = np.degrees(np.arccos(rays[..., 2]))
        assert np.array_equal(used, angle < math.degrees(1.45)) or (used != (angle < 83.08)).mean() < 0.01
        seen.append(used.mean())
    assert min(seen) > 0.7


def test_poses_and_observations_are_those_of_the_photo(tmp_path, scene):
    model = fisheye_model()
    center = model.images[1].cam_from_world().inverse().translation
    split(model, capture_with(tmp_path, ["1.png", "2.png"], (SIDE, SIDE), masked=True), tmp_path, scene)
    assert model.num_reg_images() == model.num_images() == 10
    assert model.num_points3D() == len(POINTS)
    for image in model.images.values():
        assert image.cam_from_world().inverse().translation == pytest.approx(center)
        for point in image.points2D:
            projected = image.project_point(model.points3D[point.point3D_id].xyz)
            assert point.xy == pytest.approx(projected, abs=1e-3)
    seen = {image.name: len(image.points2D) for image in model.images.values() if image.name[0] == "1"}
    assert seen == {"1/front.jpg": 2, "1/left.jpg": 1, "1/right.jpg": 2, "1/up.jpg": 1, "1/down.jpg": 1}


def test_views_that_a_flat_frame_does_not_show_are_left_out(tmp_path, scene):
    """A wide frame: it shows little above and below."""
    size = 400, 150
    capture = capture_with(tmp_path, ["1.png", "2.png"], size, masked=False)
    names = split(fisheye_model(size), capture, tmp_path, scene)
    assert [name[2:-4] for name in names["1.png"]] == ["front", "left", "right"]
    front = np.asarray(Image.open(scene / "masks" / "1" / "front.jpg.png"))
    assert front[120].all()
    assert not front[0].any()


def test_photos_that_differ_in_their_suffix_keep_it(tmp_path, scene):
    capture = capture_with(tmp_path, ["1.png", "1.PNG"], (SIDE, SIDE), masked=True)
    names = split(fisheye_model(), capture, tmp_path, scene)
    assert (names["1.png"][0], names["1.PNG"][0]) == ("1.png/front.jpg", "1.PNG/front.jpg")


def test_other_cameras_stay(tmp_path, scene):
    model = fisheye_model()
    flat = pycolmap.Camera(model="RADIAL", width=80, height=60, params=[70, 40, 30, 0, 0], camera_id=7)
    model.add_camera_with_trivial_rig(flat)
    image = pycolmap.Image(name="000003.png", camera_id=7, image_id=3)
    model.add_image_with_trivial_frame(image, pycolmap.Rigid3d())
    capture = capture_with(tmp_path, ["1.png", "2.png", "3.png"], (SIDE, SIDE), masked=True)
    assert set(split(model, capture, tmp_path, scene)) == {"1.png", "2.png"}
    assert model.images[3].camera_id == 7
    assert sorted(camera.model.name for camera in model.cameras.values()) == ["PINHOLE", "RADIAL"]
