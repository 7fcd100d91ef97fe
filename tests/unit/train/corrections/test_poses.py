"""Pose refinement finds the errors of poses, and moves nothing else."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pycolmap
import pytest
import torch

from components.shared.contracts.training import TrainingInfo
from components.shared.rasterize import make_rasterizer
from components.shared.scene import Camera, Scene, read_scene
from components.train.corrections.corrections import Corrections
from components.train.corrections.poses import Poses
from components.train.corrections.rows import Rows
from components.train.scene.views import TrainingView
from components.train.settings import TrainSettings
from components.train.train import train
from tests.unit.shared.rasterize import rasterize_scenes as scenes
from tests.unit.train.painted_cube import surface_points

pytestmark = pytest.mark.slow

CPU = torch.device("cpu")
SETTINGS = TrainSettings(backend="numba", steps=1_000, max_gaussians=2_500, sh_degree=1, exposure="off")


def poses_of(count: int, distance: float = 2.0) -> Poses:
    generator = torch.Generator().manual_seed(0)
    rows = Rows(torch.zeros(count, 6))
    return Poses(rows, torch.randn(count, 3, generator=generator), distance)


def test_moving_the_scene_shows_what_the_moved_camera_sees():
    tensors = {**scenes.random_gaussians(40)}
    tensors["shN"] = torch.zeros_like(tensors["shN"])
    camera = scenes.make_camera()
    photo = TrainingView("", camera, torch.zeros(1), index=0)
    poses = Poses.zeros([photo, photo], 2.0, CPU)
    poses.values[0] = torch.tensor([0.03, -0.02, 0.05, 0.02, 0.03, -0.04])
    draw = make_rasterizer("numba")
    with torch.no_grad():
        moved = draw(
            **poses.move(tensors, 0, poses.values[0]), camera=camera, sh_degree=0, background=torch.zeros(3)
        )
        refined = poses.camera(camera, 0)
        seen = draw(**tensors, camera=refined, sh_degree=0, background=torch.zeros(3))
        before = draw(**tensors, camera=camera, sh_degree=0, background=torch.zeros(3))
    torch.testing.assert_close(moved.image, seen.image, rtol=1e-3, atol=1e-3)
    assert float((before.image - seen.image).abs().max()) > 0.05


def test_gradients_are_those_of_finite_differences():
    camera = scenes.make_camera(20, 16)
    gradients = {}
    for name, dtype in (("numba", torch.float32), ("reference", torch.float64)):
        tensors = {key: each.to(dtype) for key, each in scenes.random_gaussians(20).items()}
        center = torch.tensor(camera.center, dtype=dtype)[None]
        loss = _loss_of_row(name, tensors, Poses(Rows(torch.zeros(1, 6)), center, 2.0), camera)
        row = torch.tensor([0.01, -0.02, 0.015, 0.02, -0.01, 0.01], dtype=dtype, requires_grad=True)
        loss(row).backward()
        gradients[name] = row.grad
    step = 1e-6 * torch.eye(6, dtype=torch.float64)
    with torch.no_grad():
        numeric = torch.stack([(loss(row + each) - loss(row - each)) / 2e-6 for each in step])
    torch.testing.assert_close(gradients["reference"], numeric, rtol=1e-4, atol=1e-3)
    torch.testing.assert_close(gradients["numba"].double(), numeric, rtol=1e-3, atol=1e-2)
    assert float(numeric.abs().min()) > 1.0


def _loss_of_row(backend: str, tensors: dict[str, torch.Tensor], poses: Poses, camera: Camera):
    draw = make_rasterizer(backend)
    dtype = tensors["means"].dtype
    weights = torch.rand(camera.height, camera.width, 3, generator=torch.Generator().manual_seed(1)).to(dtype)

    def loss(row: torch.Tensor) -> torch.Tensor:
        moved = poses.move(tensors, 0, row)
        background = torch.zeros(3, dtype=dtype)
        picture = draw(**moved, camera=camera, sh_degree=3, background=background)
        return (picture.image * weights).sum()

    return loss


def test_the_scene_as_a_whole_stays_where_it_is():
    poses = poses_of(7)
    places = poses._centers / 2.0
    places = places - places.mean(dim=0)
    generator = torch.Generator().manual_seed(1)
    for step in range(40):
        poses.set_progress(step, 40, lr_scale=1.0)
        poses.step(step % 7, torch.randn(6, generator=generator) + 1.0)
    turns, shifts = poses.values[:, :3], poses.values[:, 3:]
    assert float(poses.values.abs().max()) > 1e-3
    assert float(shifts.mean(dim=0).abs().max()) < 1e-6
    assert abs(float((shifts * places).sum())) < 1e-5
    assert float((turns + torch.linalg.cross(places, shifts)).sum(dim=0).abs().max()) < 1e-5


def test_state_survives_a_checkpoint():
    corrections = Corrections(poses=poses_of(4))
    corrections.poses.step(1, torch.ones(6))
    saved = Corrections.from_state_dict(corrections.state_dict(), CPU)
    for each in (corrections, saved):
        each.set_progress(3, 10, lr_scale=1.0)
        each.poses.step(2, torch.full((6,), 0.5))
    assert torch.equal(saved.poses.values, corrections.poses.values)


def nudged(camera: Camera, turn: np.ndarray, shift: np.ndarray) -> Camera:
    """The camera turned about its centre and shifted, both in world axes."""
    viewmat = np.eye(4)
    viewmat[:3, :3] = camera.viewmat[:3, :3] @ pycolmap.Rotation3d(turn).matrix()
    viewmat[:3, 3] = -viewmat[:3, :3] @ (camera.center + shift)
    return Camera(viewmat, camera.K, camera.width, camera.height)


@pytest.fixture(scope="module")
def nudged_folder(scene_folder: Path, tmp_path_factory) -> Path:
    """The scene with errors in the poses of all training photos, of more than a degree."""
    folder = tmp_path_factory.mktemp("nudged")
    shutil.copytree(scene_folder, folder, dirs_exist_ok=True)
    model = pycolmap.Reconstruction(str(folder / "sparse"))
    images = {image.name: image for image in model.images.values()}
    views = [view for index, view in enumerate(read_scene(folder).views) if index % 8]
    nudges = np.random.default_rng(3).normal(size=(len(views), 2, 3)) * [[[0.014], [0.03]]]
    for view, (turn, shift) in zip(views, nudges - nudges.mean(axis=0), strict=True):
        pose = pycolmap.Rigid3d(nudged(view.camera, turn, shift).viewmat[:3])
        images[view.name].frame.rig_from_world = pose
    model.write_binary(str(folder / "sparse"))
    return folder


def test_wrong_poses_are_found(posed_scene, nudged_folder, tmp_path):
    def run(name: str, refine_poses: bool) -> TrainingInfo:
        folder = tmp_path / name
        folder.mkdir()
        settings = SETTINGS.model_copy(update={"refine_poses": refine_poses})
        return train(nudged_folder, folder, settings, str(folder / "saved"))

    given = {view.name: view.camera.viewmat for view in read_scene(nudged_folder).views}
    without, refined = run("without", False), run("refined", True)
    found = {photo.name: np.array(photo.cam_from_world) for photo in refined.corrections}
    assert len(found) == 14
    before, after = (error_px(posed_scene, {name: poses[name] for name in found}) for poses in (given, found))
    assert before > 1.5
    assert after < 0.4 * before
    assert refined.psnr_db > without.psnr_db + 3.0
    assert without.corrections is None


def error_px(scene: Scene, poses: dict[str, np.ndarray]) -> float:
    """By how much wrong poses move what photos show: root mean square over points and photos."""
    errors = []
    for view in scene.views:
        if view.name in poses:
            true, wrong = (pixels_of(view.camera, pose) for pose in (view.camera.viewmat, poses[view.name]))
            is_inside = ((true > 0) & (true < [view.camera.width, view.camera.height])).all(axis=1)
            errors.append(np.square(true - wrong)[is_inside].sum(axis=1).mean())
    return float(np.sqrt(np.mean(errors)))


def pixels_of(camera: Camera, viewmat: np.ndarray) -> np.ndarray:
    """Places of the scene's points on the picture, outside of it if they are behind the camera."""
    local = surface_points() @ viewmat[:3, :3].T + viewmat[:3, 3]
    pixels = (local / local[:, 2:]) @ camera.K[:2].T
    return np.where(local[:, 2:] > 0.5, pixels, -1.0)
