import numpy as np
import pycolmap
import pytest

from components.sfm.world.orient import look_at_point, orient
from tests.unit.sfm.sfm_captures import centers_of, gps, looking, model_of, moved, photo, ring, tilt

SHIFT = np.array([1.0, 1.0, 1.0])


def poses_of(model):
    return [model.images[id_].cam_from_world().matrix() for id_ in sorted(model.reg_image_ids())]


def with_point(model, xyz):
    model.add_point3D(xyz, pycolmap.Track(), np.zeros(3, np.uint8))
    return model


def test_a_tilted_world_is_turned_upright_centred_and_sized():
    model = with_point(model_of(moved(ring(12), tilt(0.7), SHIFT)), SHIFT)
    world = orient(model, [photo(number) for number in range(1, 13)])
    centers = centers_of(poses_of(model))
    assert (world.unit, world.unit_note) == (
        "scene unit",
        "GPS not used: 0 photos have a position, 3 are needed",
    )
    assert np.ptp(centers[:, 1]) < 1e-6
    assert centers[0, 1] < 0
    np.testing.assert_allclose(np.linalg.norm(centers, axis=1), 4.0, rtol=1e-6)
    np.testing.assert_allclose(next(iter(model.points3D.values())).xyz, 0.0, atol=1e-6)


def test_the_transform_back_to_the_reconstruction_is_recorded():
    before = moved(ring(12), tilt(0.7), SHIFT)
    model = with_point(model_of(before), SHIFT)
    back = orient(model, [photo(number) for number in range(1, 13)]).capture_from_scene
    back = np.array(back)
    returned = centers_of(poses_of(model)) @ back[:3, :3].T + back[:3, 3]
    np.testing.assert_allclose(returned, centers_of(before), atol=1e-9)


def test_with_gps_x_is_east_z_is_north_and_the_origin_is_that_of_the_scene():
    before = centers_of(ring(12)) * 5  # x east, y down, z north
    photos = [
        photo(number, gps=gps(48 + z / 111_194.9, 11 + x / 74_628.0, 500 - y))
        for number, (x, y, z) in enumerate(before, start=1)
    ]
    model = with_point(model_of(moved(ring(12), tilt(0.7), SHIFT)), SHIFT)
    world = orient(model, photos)
    after = centers_of(poses_of(model))
    assert world.unit == "metre"
    np.testing.assert_allclose(after, before, atol=0.05)
    origin = world.gps.origin
    assert (origin.latitude, origin.longitude) == pytest.approx((48.0, 11.0), abs=1e-6)
    assert origin.altitude_m == pytest.approx(500.0, abs=0.05)
    transform = np.array(world.capture_from_scene)
    enu = after @ transform[:3, :3].T + transform[:3, 3]
    np.testing.assert_allclose(enu, before[:, [0, 2, 1]] * [1, 1, -1], atol=0.05)


def test_photos_without_a_pose_are_ignored():
    model = with_point(model_of(ring(6)), np.zeros(3))
    orient(model, [photo(number) for number in range(1, 10)])
    assert model.num_reg_images() == 6


def axes(poses):
    return np.array([pose[2, :3] for pose in poses])


def test_cameras_around_a_subject_look_at_it_whatever_lies_behind():
    poses = ring(12)
    far_points = np.array([[50.0, 0.0, 50.0]] * 9)
    np.testing.assert_allclose(look_at_point(centers_of(poses), axes(poses), far_points), 0, atol=1e-9)


@pytest.mark.parametrize("outwards", [False, True])
def test_parallel_or_diverging_cameras_look_at_the_middle_of_the_points(outwards):
    poses = [looking(np.array([x, 0.0, 0.0]), np.array([x, 0.0, 9.0])) for x in np.linspace(-1, 1, 8)]
    if outwards:
        poses = [looking(center, 3 * center) for center in centers_of(ring(8))]
    points = np.array([[0.0, 0.0, 5.0], [0.1, 0.0, 5.1], [-0.1, 0.0, 4.9], [0.0, 0.0, 80.0], [0.0, 0.0, 5.0]])
    np.testing.assert_allclose(look_at_point(centers_of(poses), axes(poses), points), [0, 0, 5], atol=0.01)
