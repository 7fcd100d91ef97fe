import math

import numpy as np
import pycolmap
import pytest
from PIL import Image  # noqa: F401  before pycolmap

from tests.rendered.lenses import distorted, fisheye, focal_35mm, pinhole, ray_directions, rays_of, sphere


def _model_name(camera: pycolmap.Camera) -> str:
    return camera.model_name


def _radial() -> pycolmap.Camera:
    return pycolmap.Camera(model="RADIAL", width=320, height=240, params=[250, 160, 120, -0.1, 0.02])


def _full() -> pycolmap.Camera:
    camera = distorted(320, 240, terms=(-0.22, 0.06, 8e-4, -6e-4))
    camera.principal_point_x, camera.principal_point_y = 162.5, 117.0
    return camera


@pytest.mark.parametrize(
    "camera", [pinhole(320, 240), _radial(), _full(), fisheye(300), sphere(400)], ids=_model_name
)
def test_rays_project_to_the_pixels_they_come_from(camera: pycolmap.Camera) -> None:
    rng = np.random.default_rng(0)
    pixels = rng.uniform((2, 2), (camera.width - 2, camera.height - 2), (300, 2))
    directions = ray_directions(camera, pixels)
    if camera.is_perspective_fisheye():  # COLMAP's own projection ends at a right angle
        is_ahead = directions[:, 2] > 0.02
        pixels, directions = pixels[is_ahead], directions[is_ahead]
    assert len(pixels) > 100
    assert np.linalg.norm(directions, axis=1) == pytest.approx(1.0)
    assert camera.img_from_cam(directions) == pytest.approx(pixels, abs=1e-3)


def test_a_fisheye_sees_behind_itself_and_nothing_outside_its_circle() -> None:
    camera = fisheye(300, degrees=190.0)
    directions = rays_of(camera).directions.astype(float)
    angles = np.degrees(np.arccos(directions[..., 2]))
    assert np.nanmax(angles) == pytest.approx(95.0, abs=0.5)
    assert np.mean(np.isnan(angles)) == pytest.approx(1 - math.pi / 4, abs=0.01)
    assert np.isfinite(rays_of(camera).angles).all()


def test_distorted_fisheye_rays_are_the_inverse_of_its_polynomial() -> None:
    camera = fisheye(300)
    camera.params = [*camera.params[:4], 0.03, -0.004, 0.0, 0.0]
    theta = np.radians([5.0, 60.0, 94.0])
    radius = camera.focal_length_x * (theta + 0.03 * theta**3 - 0.004 * theta**5)
    directions = ray_directions(camera, np.column_stack([150.0 + radius, np.full(3, 150.0)]))
    assert np.arctan2(directions[:, 0], directions[:, 2]) == pytest.approx(theta, abs=1e-9)


def test_a_sphere_has_rays_to_all_sides() -> None:
    directions = rays_of(sphere(64)).directions
    assert np.abs(directions.mean(axis=(0, 1))[[0, 2]]).max() < 1e-6
    assert directions[..., 1].min() < -0.99
    assert directions[..., 1].max() > 0.99


def test_focal_lengths_are_whole_35mm_equivalents() -> None:
    assert focal_35mm(pinhole(480, 360, focal_35mm=35)) == pytest.approx(35.0)
    assert focal_35mm(sphere(64)) is None
