"""The decisions of structure from motion, without pixels."""

import numpy as np
import pycolmap
import pytest

from components.sfm.gates import check_gates
from components.sfm.gps import local_metres
from components.sfm.map_images import largest_model
from components.sfm.orient import orient
from components.sfm.pairs import exhaustive_pairs, nearest_pairs, sequential_pairs
from components.sfm.settings import SfmSettings
from components.shared.errors import ReconstructionError

NAMES = [f"{i:03d}.jpg" for i in range(100)]


def test_exhaustive_pairs_are_all_pairs_once():
    assert len(set(exhaustive_pairs(NAMES))) == 100 * 99 / 2


def test_a_sequence_is_linked_and_closed_with_far_fewer_pairs():
    pairs = sequential_pairs(NAMES)
    assert len(pairs) == len(set(pairs))
    assert all((NAMES[i], NAMES[i + 1]) in pairs for i in range(99))
    assert (NAMES[0], NAMES[96]) in pairs
    assert len(pairs) < 0.4 * len(exhaustive_pairs(NAMES))


def test_nearest_pairs_follow_the_places():
    positions = np.array([[float(i % 10), float(i // 10), 0.0] for i in range(100)])
    pairs = nearest_pairs(NAMES, positions, neighbours=4)
    assert (NAMES[0], NAMES[10]) in pairs
    assert (NAMES[0], NAMES[99]) not in pairs


def ring_of_cameras(count: int, tilt: float) -> pycolmap.Reconstruction:
    """Cameras in a circle of radius 2 that look at (1, 1, 1) in a world whose up is tilted about x."""
    model = pycolmap.Reconstruction()
    model.add_camera_with_trivial_rig(
        pycolmap.Camera(model="PINHOLE", width=80, height=60, params=[70, 70, 40, 30], camera_id=1)
    )
    turn = np.array([[1, 0, 0], [0, np.cos(tilt), -np.sin(tilt)], [0, np.sin(tilt), np.cos(tilt)]])
    for i in range(count):
        angle = 2 * np.pi * i / count
        center = np.array([2 * np.sin(angle), -0.5, -2 * np.cos(angle)])
        forward = -center / np.linalg.norm(center)
        right = np.cross([0, 1, 0], forward)
        right /= np.linalg.norm(right)
        rows = np.stack([right, np.cross(forward, right), forward]) @ turn.T
        center = turn @ center + 1
        pose = pycolmap.Rigid3d(pycolmap.Rotation3d(rows), -rows @ center)
        model.add_image_with_trivial_frame(pycolmap.Image(name=f"{i}.jpg", camera_id=1, image_id=i + 1), pose)
    return model


def centers_and_downs(model):
    poses = [image.cam_from_world().matrix() for image in model.images.values()]
    return (np.array([-p[:, :3].T @ p[:, 3] for p in poses]), np.array([p[1, :3] for p in poses]))


def test_a_tilted_world_is_turned_upright_and_centred():
    model = ring_of_cameras(12, tilt=0.7)
    world = orient(model, {})
    centers, downs = centers_and_downs(model)
    assert world.unit == "scene unit"
    assert "0 photos have a position" in world.note
    assert downs[:, 1].min() > 0.9
    assert np.ptp(centers[:, 1]) < 1e-6
    np.testing.assert_allclose(np.median(np.linalg.norm(centers, axis=1)), 4.0, rtol=1e-6)


@pytest.mark.parametrize(("orientation", "degrees"), [(3, 180), (6, 90), (8, -90)])
def test_photos_that_lie_on_their_side_stand_up(orientation, degrees):
    """A phone held upright stores its photos turned, and EXIF says so."""
    model = ring_of_cameras(12, tilt=0.4)
    turn = pycolmap.Rotation3d(
        np.array([0.0, 0.0, np.sin(np.radians(degrees / 2)), np.cos(np.radians(degrees / 2))])
    )
    frames = [image.frame for image in model.images.values()]
    for frame in frames:
        frame.rig_from_world = pycolmap.Rigid3d(turn.inverse(), np.zeros(3)) * frame.rig_from_world
    orient(model, {f"{i}.jpg": {"gps": None, "orientation": orientation} for i in range(12)})
    centers, _ = centers_and_downs(model)
    assert np.ptp(centers[:, 1]) < 1e-6
    assert centers[:, 1].mean() < 0  # the ring is above its centre, and up is -y


def test_a_drone_that_looks_straight_down_gets_its_vertical_from_gps():
    model = pycolmap.Reconstruction()
    model.add_camera_with_trivial_rig(
        pycolmap.Camera(model="PINHOLE", width=80, height=60, params=[70, 70, 40, 30], camera_id=1)
    )
    degree = 6_378_137.0 * np.pi / 180
    photos = {}
    for i in range(12):
        east, north = 10.0 * (i % 4), 10.0 * (i // 4)
        # The model's world is x east, y south, z down, as the first photo has it.
        model.add_image_with_trivial_frame(
            pycolmap.Image(name=f"{i}.jpg", camera_id=1, image_id=i + 1),
            pycolmap.Rigid3d(pycolmap.Rotation3d(), -np.array([east, -north, 0.0])),
        )
        photos[f"{i}.jpg"] = {
            "gps": {"latitude": north / degree, "longitude": east / degree, "altitude_m": 80.0},
            "orientation": 1,
        }
    orient(model, photos)
    directions = [image.viewing_direction() for image in model.images.values()]
    np.testing.assert_allclose(np.mean(directions, axis=0), [0, 1, 0], atol=1e-6)


def test_gps_gives_metres():
    model = ring_of_cameras(12, tilt=0.0)
    centers, _ = centers_and_downs(model)
    metres = (centers - centers[0]) * 25.0
    degrees = metres / (6_378_137.0 * np.pi / 180)
    gps = {
        f"{i}.jpg": {
            "latitude": float(48 + degrees[i, 2]),
            "longitude": float(11 + degrees[i, 0] / np.cos(np.radians(48))),
            "altitude_m": float(500 - metres[i, 1]),
        }
        for i in range(12)
    }
    world = orient(model, {name: {"gps": place} for name, place in gps.items()})
    moved, _ = centers_and_downs(model)
    assert world.unit == "metre"
    np.testing.assert_allclose(np.linalg.norm(moved[3] - moved[0]), np.linalg.norm(metres[3]), rtol=1e-3)


def test_gps_that_contradicts_the_photos_is_refused_and_said():
    model = ring_of_cameras(12, tilt=0.0)
    rng = np.random.default_rng(0)
    gps = {
        f"{i}.jpg": {
            "latitude": 48 + rng.normal() * 1e-3,
            "longitude": 11 + rng.normal() * 1e-3,
            "altitude_m": 0.0,
        }
        for i in range(12)
    }
    world = orient(model, {name: {"gps": place} for name, place in gps.items()})
    assert world.unit == "scene unit"
    assert "disagrees" in world.note


def test_local_metres_are_east_north_up():
    places = [
        {"latitude": 60.0, "longitude": 10.0, "altitude_m": 5.0},
        {"latitude": 60.001, "longitude": 10.001, "altitude_m": 8.0},
    ]
    np.testing.assert_allclose(local_metres(places)[1], [55.66, 111.32, 3.0], rtol=1e-3)


def test_the_largest_model_wins_whatever_its_number():
    small, large = ring_of_cameras(3, 0.0), ring_of_cameras(5, 0.0)
    assert largest_model([small, large]).num_reg_images() == 5
    assert largest_model([]) is None


def verdicts(registered: int, lost: int) -> list[dict]:
    return [{"name": f"{i}.jpg", "registered": True} for i in range(registered)] + [
        {"name": f"lost{i}.jpg", "registered": False, "verdict": "unmatched", "reason": "too little overlap"}
        for i in range(lost)
    ]


def test_gates_pass_just_above_their_limits():
    check_gates(verdicts(6, 5), 1000, SfmSettings())


@pytest.mark.parametrize(("registered", "lost", "points"), [(5, 5, 5000), (10, 0, 999), (0, 3, 0)])
def test_gates_refuse_at_their_limits(registered, lost, points):
    with pytest.raises(ReconstructionError, match=f"{registered} of {registered + lost} photos") as caught:
        check_gates(verdicts(registered, lost), points, SfmSettings())
    assert ("lost0.jpg: unmatched, too little overlap" in caught.value.message) == (lost > 0)


@pytest.mark.parametrize("wrong", [{"min_registered_fraction": 1.5}, {"min_points": 0}, {"max_image_px": 10}])
def test_settings_say_what_is_wrong(wrong):
    (name,) = wrong
    with pytest.raises(ValueError, match=f"{name} is {wrong[name]}; it must be from"):
        SfmSettings(**wrong)
