"""Rendered depth against points of structure from motion: values, gradients, and what it does to training."""

import numpy as np
import pycolmap
import pytest
import torch

from components.shared.errors import InputError
from components.shared.rasterize import make_rasterizer
from components.shared.scene import read_scene
from components.train.loop.schedule import learning_rates
from components.train.losses.depth import check_tracks, disparity_error, weighted_depths
from components.train.model.gaussians import Gaussians
from components.train.scene.views import TrainingView
from components.train.settings import TrainSettings
from components.train.steps.autograd_step import AutogradStep
from components.train.steps.step import StepConfig
from components.train.train import train
from tests.scene_info import scene_info
from tests.unit.shared.rasterize.rasterize_scenes import make_camera, random_gaussians

pytestmark = pytest.mark.slow

CAMERA = make_camera()
WORLD_FROM_CAMERA = torch.tensor(np.linalg.inv(CAMERA.viewmat), dtype=torch.float32)


def in_world(points):
    """Of camera coordinates [N, 3]."""
    return torch.tensor(points) @ WORLD_FROM_CAMERA[:3, :3].T + WORLD_FROM_CAMERA[:3, 3]


def wall(depth: float = 3.0, step: float = 0.1) -> dict[str, torch.Tensor]:
    """Opaque Gaussians in a plane across the view of `CAMERA`."""
    x, y = np.meshgrid(np.arange(-2.5, 2.5, step), np.arange(-2.0, 2.0, step))
    places = np.stack([x, y, np.full_like(x, depth)], axis=-1).reshape(-1, 3).astype(np.float32)
    n = len(places)
    return {
        "means": in_world(places),
        "quats": torch.tensor([1.0, 0.0, 0.0, 0.0]).repeat(n, 1),
        "scales": torch.full((n, 3), float(np.log(step))),
        "opacities": torch.full((n,), 3.0),
        "sh0": torch.zeros(n, 3),
        "shN": torch.zeros(n, 3, 3),
    }


def points_at(depth: float) -> torch.Tensor:
    """Seen around the middle of the image of `CAMERA`."""
    x, y = np.meshgrid(np.linspace(-0.4, 0.3, 5), np.linspace(-0.3, 0.4, 5))
    return in_world(np.stack([x, y, np.full_like(x, depth)], axis=-1).reshape(-1, 3).astype(np.float32))


@pytest.mark.parametrize("name", ["numba", "reference"])
def test_depth_is_that_of_the_surface(name):
    depths, alphas = weighted_depths(wall(), CAMERA, make_rasterizer(name))
    assert alphas[18, 22] > 0.99
    torch.testing.assert_close(depths / alphas, torch.full_like(depths, 3.0), atol=0.02, rtol=0)


@pytest.mark.parametrize(("depth", "error"), [(3.0, 0.0), (2.0, 1 / 2 - 1 / 3), (6.0, 1 / 3 - 1 / 6)])
def test_the_error_is_the_difference_of_disparities(depth, error):
    with torch.no_grad():
        found = disparity_error(wall(), points_at(depth), CAMERA, make_rasterizer("numba"))
    assert float(found) == pytest.approx(error, abs=2e-3)


def test_what_cannot_be_compared_has_no_say():
    lost = in_world(np.array([[0, 0, -2], [0, 0, 0], [9, 0, 2], [0, -7, 2]], np.float32))
    gaussians = {name: tensor.requires_grad_() for name, tensor in wall().items() if name != "sh0"}
    gaussians["sh0"] = torch.zeros_like(gaussians["means"])
    draw = make_rasterizer("numba")
    both = torch.cat([points_at(2.0), lost])
    expected = disparity_error(gaussians, points_at(2.0), CAMERA, draw)
    found = disparity_error(gaussians, both, CAMERA, draw)
    torch.testing.assert_close(found, expected)
    found.backward()
    for name in ("means", "quats", "scales", "opacities"):
        assert gaussians[name].grad.isfinite().all(), name
    assert gaussians["shN"].grad is None
    thin = {**gaussians, "opacities": torch.full_like(gaussians["opacities"], -4.5)}
    assert float(disparity_error(thin, both, CAMERA, draw).detach()) == 0.0


@pytest.mark.parametrize("antialiased", [False, True])
def test_gradients_are_those_of_finite_differences(antialiased):
    gaussians = random_gaussians(6, seed=3, spread=0.5)
    gaussians["opacities"] += 3.0
    gaussians["scales"] += 0.7
    camera = make_camera(14, 11)
    names = ("means", "quats", "scales", "opacities")
    points = gaussians["means"].double() + 0.3
    fixed = {name: tensor.double() for name, tensor in gaussians.items()}
    draw = make_rasterizer("reference", antialiased)

    def loss(*tensors):
        return disparity_error({**fixed, **dict(zip(names, tensors, strict=True))}, points, camera, draw)

    inputs = [fixed[name].clone().requires_grad_() for name in names]
    assert float(loss(*inputs).detach()) > 0.001
    assert torch.autograd.gradcheck(loss, inputs, eps=1e-6, atol=1e-6, rtol=1e-4)


def test_gradients_of_the_backends_are_equal():
    points = points_at(2.5)
    gradients = []
    rough = wall(step=0.25)
    rough["means"] += 0.1 * torch.randn(rough["means"].shape, generator=torch.Generator().manual_seed(0))
    for name, dtype in (("numba", torch.float32), ("reference", torch.float64)):
        gaussians = {key: tensor.to(dtype, copy=True).requires_grad_() for key, tensor in rough.items()}
        disparity_error(gaussians, points.to(dtype), CAMERA, make_rasterizer(name)).backward()
        gradients.append({key: gaussians[key].grad for key in ("means", "quats", "scales", "opacities")})
    numba, reference = gradients
    for key, expected in reference.items():
        scale = float(expected.abs().max())
        torch.testing.assert_close(numba[key].double(), expected, atol=1e-4 * max(scale, 1e-3), rtol=1e-3)


def test_training_moves_surfaces_to_their_points():
    """One flat colour: photos say nothing about depth."""
    gray = torch.full((CAMERA.height, CAMERA.width, 3), 128, dtype=torch.uint8)
    photo = TrainingView("a", CAMERA, gray, points=points_at(2.5))
    errors = {}
    for weight in (0.0, 0.5):
        gaussians, draw = Gaussians(wall(step=0.25)), make_rasterizer("numba")
        step = AutogradStep(StepConfig(ssim_lambda=0.2, scene_scale=4.0, depth_weight=weight), draw)
        for index in range(100):
            step(gaussians, [photo], learning_rates(index, 100, 4.0), 0)
        with torch.no_grad():
            errors[weight] = float(disparity_error(gaussians.tensors, photo.points, CAMERA, draw))
    assert errors[0.5] < 0.02
    assert errors[0.5] < errors[0.0] / 2


@pytest.fixture
def tracked(tmp_path):
    """A scene of two photos; the second sees the last of three points."""
    model = pycolmap.Reconstruction()
    camera = pycolmap.Camera(model="PINHOLE", width=40, height=30, params=[30, 30, 20, 15], camera_id=1)
    model.add_camera_with_trivial_rig(camera)
    for number, count in ((1, 0), (2, 3)):
        image = pycolmap.Image(name=f"{number}.png", camera_id=1, image_id=number)
        image.points2D = pycolmap.Point2DList([pycolmap.Point2D(np.array([9.0, 9.0]))] * count)
        model.add_image_with_trivial_frame(image, pycolmap.Rigid3d(np.eye(4)[:3]))
    for depth in (1.0, 2.0):
        model.add_point3D(np.array([0, 0, depth]), pycolmap.Track(), np.zeros(3, np.uint8))
    track = pycolmap.Track()
    track.add_element(2, 1)
    model.add_point3D(np.array([0.0, 0.0, 7.0]), track, np.zeros(3, np.uint8))
    (tmp_path / "sparse").mkdir()
    model.write_binary(str(tmp_path / "sparse"))
    scene_info().write(tmp_path / "scene.json")
    return tmp_path


def test_a_view_knows_its_points_where_asked(tracked):
    scene = read_scene(tracked, tracks=True)
    assert [len(view.points) for view in scene.views] == [0, 1]
    assert scene.points[scene.views[1].points].tolist() == [[0.0, 0.0, 7.0]]
    assert [len(view.points) for view in read_scene(tracked).views] == [0, 0]
    check_tracks(scene)


def test_a_scene_without_tracks_is_refused(scene_folder, tmp_path):
    settings = TrainSettings(backend="numba", depth_weight=0.1)
    with pytest.raises(InputError, match="depth_weight needs points that photos see; this scene has 1,500"):
        train(scene_folder, tmp_path, settings, str(tmp_path))
