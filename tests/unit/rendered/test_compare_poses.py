from pathlib import Path

import numpy as np
import pycolmap
import pytest
from PIL import Image  # noqa: F401  before pycolmap

from tests.rendered.captures import corridor_poses, name_of, orbit_poses
from tests.rendered.compare_poses import compare_poses
from tests.rendered.lenses import pinhole
from tests.rendered.paths import look_along
from tests.rendered.truth import TrueView, Truth


def _truth(poses: list[np.ndarray]) -> Truth:
    return Truth({name_of(i): TrueView(pose, pinhole(80, 60)) for i, pose in enumerate(poses)})


def _model(poses: dict[str, np.ndarray]) -> pycolmap.Reconstruction:
    model = pycolmap.Reconstruction()
    model.add_camera_with_trivial_rig(pinhole(80, 60))
    for number, (name, pose) in enumerate(poses.items(), start=1):
        image = pycolmap.Image(name=name, camera_id=1, image_id=number)
        model.add_image_with_trivial_frame(image, pycolmap.Rigid3d(pose))
    return model


def _in_other_world(poses: list[np.ndarray], scale: float) -> dict[str, np.ndarray]:
    """Poses in a world turned, shifted, and with units of `scale` metres."""
    turn, shift = look_along(np.zeros(3), 40.0, 25.0)[:, :3], np.array([3.0, -2.0, 7.0])
    moved = {}
    for index, pose in enumerate(poses):
        rotation = pose[:, :3] @ turn.T
        center = turn @ (-pose[:, :3].T @ pose[:, 3]) / scale + shift
        moved[name_of(index)] = np.column_stack([rotation, -rotation @ center])
    return moved


@pytest.mark.parametrize("poses", [orbit_poses(12, 0), corridor_poses(8)], ids=["orbit", "corridor"])
def test_a_similar_world_has_no_errors(poses: list[np.ndarray], tmp_path: Path) -> None:
    (tmp_path / "sparse").mkdir()
    _model(_in_other_world(poses, scale=2.5)).write_binary(str(tmp_path / "sparse"))
    errors = compare_poses(tmp_path, _truth(poses))
    assert errors.registered_fraction == 1.0
    assert errors.rotation_degrees.max() < 1e-5
    assert errors.position_fractions.max() < 1e-9
    assert errors.scale == pytest.approx(2.5)


def test_errors_are_those_of_the_camera_that_is_wrong() -> None:
    poses = orbit_poses(20, 0)
    found = _in_other_world(poses, scale=1.0)
    rotation = look_along(np.zeros(3), 0.0)[:, :3]
    turned = rotation.T @ look_along(np.zeros(3), 2.0)[:, :3]
    wrong = found[name_of(7)]
    found[name_of(7)] = np.column_stack([turned @ wrong[:, :3], turned @ wrong[:, 3] + [0.1, 0.0, 0.0]])
    truth = _truth(poses)
    errors = compare_poses(_model(found), truth)
    assert errors.rotation_degrees[7] == pytest.approx(2.0, rel=0.1)
    assert errors.position_fractions[7] == pytest.approx(0.1 / truth.extent, rel=0.3)
    assert np.median(errors.rotation_degrees) < 0.11


def test_photos_without_a_pose_are_not_registered() -> None:
    poses = orbit_poses(10, 0)
    found = {name: pose for name, pose in _in_other_world(poses, 1.0).items() if name > name_of(3)}
    assert compare_poses(_model(found), _truth(poses)).registered_fraction == pytest.approx(0.6)


def test_a_turn_on_the_spot_has_no_scale() -> None:
    poses = [look_along(np.zeros(3), yaw) for yaw in (0.0, 20.0, 40.0)]
    errors = compare_poses(_model({name_of(i): pose for i, pose in enumerate(poses)}), _truth(poses))
    assert np.isnan(errors.scale)
    assert errors.rotation_degrees.max() < 1e-5


def test_nothing_in_common_is_an_error() -> None:
    with pytest.raises(ValueError, match="none of the true photos has a pose"):
        compare_poses(_model({"other.jpg": orbit_poses(2, 0)[0]}), _truth(orbit_poses(2, 0)))
