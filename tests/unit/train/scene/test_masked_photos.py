"""What is masked in a photo leaves no trace in the scene; photos of any size train together."""

import numpy as np
import pycolmap
import pytest
import torch
from PIL import Image

from components.shared.scene import Camera, read_scene
from components.train.initialize.uncovered_areas import sample_uncovered_areas
from components.train.scene.views import load_views
from components.train.settings import TrainSettings
from components.train.train import train
from tests.scene_info import scene_info
from tests.unit.train.painted_cube import FOCAL, VIEWS, painted, photo, ring_camera, surface_points

pytestmark = pytest.mark.slow

SETTINGS = TrainSettings(backend="numba", steps=400, max_gaussians=2_500, sh_degree=1)
SIZES = [(96, 72), (60, 84), (48, 48)]


def write_scene(folder, sizes, perturb):
    """Photos of these sizes in turn; `perturb` may paint into one, and returns the mask."""
    model = pycolmap.Reconstruction()
    for number, (width, height) in enumerate(sizes, start=1):
        focal = FOCAL * min(width, height) / 72
        params = [focal, focal, width / 2, height / 2]
        camera = pycolmap.Camera(model="PINHOLE", width=width, height=height, params=params, camera_id=number)
        model.add_camera_with_trivial_rig(camera)
    (folder / "images").mkdir()
    (folder / "masks").mkdir()
    for index in range(VIEWS):
        number = index % len(sizes) + 1
        width, height = sizes[number - 1]
        name, camera = f"{index:02d}.png", ring_camera(index)
        K = model.cameras[number].calibration_matrix()
        pixels = photo(Camera(camera.viewmat, K, width, height))
        mask = perturb(index, pixels)
        if mask is not None:
            Image.fromarray(mask.astype(np.uint8) * 255).save(folder / "masks" / f"{name}.png")
        Image.fromarray(pixels).save(folder / "images" / name)
        pose = pycolmap.Rigid3d(camera.viewmat[:3])
        image = pycolmap.Image(name=name, camera_id=number, image_id=index + 1)
        model.add_image_with_trivial_frame(image, pose)
    for point in surface_points():
        model.add_point3D(point, pycolmap.Track(), (painted(point[None])[0] * 255).astype(np.uint8))
    (folder / "sparse").mkdir()
    model.write_binary(str(folder / "sparse"))
    scene_info().write(folder / "scene.json")
    return folder


def red_block(index, pixels):
    """Somebody in red who stands elsewhere in every photo that is trained on."""
    if index % 8 == 0:
        return None
    rng = np.random.default_rng(index)
    height, width = pixels.shape[:2]
    x, y = rng.integers(0, width - 30), rng.integers(0, height - 30)
    pixels[y : y + 30, x : x + 30] = [255, 0, 0]
    mask = np.ones((height, width), bool)
    mask[y : y + 30, x : x + 30] = False
    return mask


def psnr_of(folder, tmp_path, seed=0):
    settings = SETTINGS.model_copy(update={"seed": seed})
    return train(folder, tmp_path, settings, str(tmp_path / "checkpoints")).psnr_db


def mean_psnr_of(folder, tmp_path):
    """Of two seeds: what masks are worth differs by a decibel from seed to seed, 2.6 dB on average."""
    return np.mean([psnr_of(folder, tmp_path, seed) for seed in (0, 1)])


def test_masked_passers_by_leave_no_trace(tmp_path):
    folder = tmp_path / "scene"
    folder.mkdir()
    write_scene(folder, SIZES[:1], red_block)
    with_masks = mean_psnr_of(folder, tmp_path)
    for mask in (folder / "masks").iterdir():
        mask.unlink()
    without = mean_psnr_of(folder, tmp_path)
    assert with_masks > without + 2.0
    assert with_masks > 19.0


def test_photos_of_three_cameras_and_sizes_train_together(tmp_path):
    folder = tmp_path / "scene"
    folder.mkdir()
    write_scene(folder, SIZES, lambda *_: None)
    assert {(view.camera.width, view.camera.height) for view in read_scene(folder).views} == set(SIZES)
    assert psnr_of(folder, tmp_path) > 19.0


@pytest.fixture
def masked_views(tmp_path):
    write_scene(tmp_path, SIZES[:1], red_block)
    scene = read_scene(tmp_path)
    return scene, load_views(scene, 1_600, 8, 2, torch.device("cpu"))


def test_half_a_masked_pixel_is_masked_at_half_the_size(masked_views):
    _, views = masked_views
    for full, half in zip(*views.training, strict=True):
        blocks = full.mask[:72, :96].reshape(36, 2, 48, 2)
        assert torch.equal(half.mask, blocks.all(dim=3).all(dim=1))
    assert all(photo.mask is None for photo in views.held_out)


def test_bare_places_that_are_masked_are_not_covered(masked_views):
    scene, views = masked_views
    _, colors = sample_uncovered_areas(scene.points[:40], views.training[0], 10_000, np.random.default_rng(0))
    assert len(colors) > 100
    assert not (np.abs(colors - [1.0, 0.0, 0.0]).max(axis=1) < 0.01).any()
