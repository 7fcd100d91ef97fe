"""Exposure compensation learns what photos' settings did to colours, and keeps it out of the splats."""

import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from components.shared.contracts.training import TrainingInfo
from components.shared.scene import Camera, Scene, View, read_scene
from components.train.corrections.compare_photos import compare_photos
from components.train.corrections.corrections import Corrections, differ, start_corrections
from components.train.corrections.exposure import Exposure, expose
from components.train.corrections.rows import Rows
from components.train.losses.photometric import torch_photometric_loss
from components.train.quality.measure import _color_corrected
from components.train.scene.views import TrainingView, load_views
from components.train.settings import TrainSettings
from components.train.train import train
from tests.scene_info import scene_info
from tests.unit.train.painted_cube import photo

pytestmark = pytest.mark.slow

CPU = torch.device("cpu")
SETTINGS = TrainSettings(backend="numba", steps=600, max_gaussians=2_500, sh_degree=1, exposure="on")


def gains_of(count: int) -> np.ndarray:
    """Factors of sRGB values [count, 3]: brightness up to a third more or less, and a tint."""
    rng = np.random.default_rng(5)
    return np.exp(rng.uniform(-0.28, 0.28, (count, 1)) + rng.uniform(-0.07, 0.07, (count, 3)))


def log_gains(gains: np.ndarray) -> np.ndarray:
    """Without what all photos have in common."""
    logs = np.log(gains)
    return logs - logs.mean(axis=0)


@pytest.fixture(scope="module")
def exposed(scene_folder: Path, tmp_path_factory) -> tuple[Path, np.ndarray]:
    """The scene with darkened photos: all held-out ones alike, every other with gains of its own."""
    folder = tmp_path_factory.mktemp("exposed")
    shutil.copytree(scene_folder, folder, dirs_exist_ok=True)
    photos = sorted((folder / "images").iterdir())
    gains = gains_of(len(photos))
    gains[::8] = 1.0
    for path, gain in zip(photos, 0.7 * gains, strict=True):
        pixels = np.asarray(Image.open(path))
        Image.fromarray((pixels * gain).round().clip(0, 255).astype(np.uint8)).save(path)
    return folder, np.delete(gains, np.s_[::8], axis=0)


@pytest.fixture(scope="module")
def exposed_scene(exposed) -> Scene:
    return read_scene(exposed[0])


def run(scene: Path, folder: Path, settings: TrainSettings) -> TrainingInfo:
    return train(scene, folder, settings, str(folder / "saved"))


@pytest.fixture(scope="module")
def compensated(exposed, tmp_path_factory) -> TrainingInfo:
    return run(exposed[0], tmp_path_factory.mktemp("compensated"), SETTINGS)


def test_known_gains_are_learned_up_to_the_common_factor(compensated, exposed):
    assert compensated.corrections is not None
    learned = np.array([photo.gains for photo in compensated.corrections])
    offsets = np.array([photo.offsets for photo in compensated.corrections])
    # A gain and an offset change mid grey alike: what both do to it must be what the photo's gain did.
    grey = np.log(learned + offsets / 0.35)
    errors = grey - grey.mean(axis=0) - log_gains(exposed[1])
    assert np.std(log_gains(exposed[1])) > 0.15
    assert np.sqrt(np.mean(errors**2)) < 0.045
    assert np.abs(errors).max() < 0.13


def test_held_out_photos_gain_by_it(compensated, exposed, tmp_path):
    without = run(exposed[0], tmp_path, SETTINGS.model_copy(update={"exposure": "off"}))
    assert without.psnr_color_corrected_db is None
    assert without.corrections is None
    assert compensated.psnr_db > without.psnr_db + 1.0
    assert compensated.psnr_color_corrected_db >= compensated.psnr_db
    assert np.array([each.offsets for each in compensated.corrections]).mean(axis=0).max() < 1e-6


def test_photos_of_one_exposure_are_left_alone(scene_folder, tmp_path):
    folders = [tmp_path / exposure for exposure in ("auto", "off")]
    for folder in folders:
        folder.mkdir()
        run(scene_folder, folder, SETTINGS.model_copy(update={"steps": 120, "exposure": folder.name}))
    assert (folders[0] / "splat.ply").read_bytes() == (folders[1] / "splat.ply").read_bytes()


@pytest.fixture(scope="module")
def wall() -> tuple[Scene, list[TrainingView]]:
    """A painted wall that six cameras in a row look at, and points on it."""
    across = np.linspace(-4.0, 4.0, 60)
    points = np.stack([*np.meshgrid(across, across), np.full((60, 60), 5.0)], axis=-1).reshape(-1, 3)
    K = np.array([[60.0, 0, 40], [0, 60, 30], [0, 0, 1]])
    views = []
    for x in np.linspace(-1.0, 1.0, 6):
        viewmat = np.eye(4)
        viewmat[0, 3] = -x
        views.append(View(f"{x}", Camera(viewmat, K, 80, 60)))
    photos = [
        TrainingView(view.name, view.camera, torch.from_numpy(np.clip(40 + 0.5 * photo(view.camera), 0, 255)))
        for view in views
    ]
    return Scene(Path(), views, points, np.zeros(points.shape, np.uint8), scene_info()), photos


def test_points_that_photos_share_tell_their_gains(wall):
    scene, photos = wall
    gains = gains_of(len(photos))
    exposed = [
        replace(each, pixels=(each.pixels * torch.from_numpy(gain)).round().to(torch.uint8))
        for each, gain in zip(photos, gains, strict=True)
    ]
    comparison = compare_photos(scene, exposed)
    np.testing.assert_allclose(comparison.log_gains, log_gains(gains), atol=0.02)
    assert differ(comparison)
    start = start_corrections(scene, exposed, TrainSettings(), CPU).exposure
    np.testing.assert_allclose(start.values[:, :3], log_gains(gains), atol=0.02)


def test_photos_of_one_exposure_do_not_differ(wall):
    comparison = compare_photos(*wall)
    assert len(comparison.differences) > 5
    assert not differ(comparison)
    assert start_corrections(*wall, TrainSettings(), CPU).exposure is None


def test_photos_that_share_no_points_tell_nothing(posed_scene):
    photos = load_views(posed_scene, 96, 8, 2, CPU).training[0]
    bare = replace(posed_scene, points=posed_scene.points[:10], point_colors=posed_scene.point_colors[:10])
    comparison = compare_photos(bare, photos)
    assert not differ(comparison)
    assert (comparison.log_gains == 0).all()
    assert start_corrections(bare, photos, TrainSettings(exposure="on"), CPU).exposure is not None


def test_means_stay_zero():
    generator = torch.Generator().manual_seed(0)
    exposure = Exposure.starting_at(torch.randn(5, 3, generator=generator) + 0.7)
    before = exposure.values.clone()
    for step in range(50):
        exposure.set_progress(step, 50, lr_scale=1.0)
        exposure.step(step % 3, torch.randn(6, generator=generator) + 1.0)
        assert float(exposure.values.mean(dim=0).abs().max()) < 1e-6
    assert float((exposure.values - before).abs().max()) > 0.05


def test_each_row_takes_its_own_adam_steps():
    generator = torch.Generator().manual_seed(0)
    rows, single = Rows(torch.ones(3, 4)), torch.ones(4, requires_grad=True)
    adam = torch.optim.Adam([single], lr=0.01, betas=(0.9, 0.99), eps=1e-15)
    for step in range(30):
        gradient = torch.randn(4, generator=generator)
        rows.step(step % 2, gradient, 0.01)
        if step % 2 == 0:
            single.grad = gradient
            adam.step()
    torch.testing.assert_close(rows.values[0], single.detach())
    assert (rows.values[2] == 1.0).all()


def test_color_correction_undoes_an_affine_change():
    rng = np.random.default_rng(0)
    photo = rng.integers(60, 200, (20, 30, 3)).astype(np.uint8)
    shown = (photo * [0.8, 1.0, 1.1] + 10.0).round().astype(np.uint8)
    assert np.abs(_color_corrected(shown, photo, None).astype(int) - photo).max() <= 2


def test_state_survives_a_checkpoint():
    corrections = Corrections(exposure=Exposure.starting_at(torch.randn(4, 3)))
    corrections.exposure.step(1, torch.ones(6))
    saved = Corrections.from_state_dict(corrections.state_dict(), CPU)
    for each in (corrections, saved):
        each.exposure.step(1, torch.full((6,), 0.5))
    assert torch.equal(saved.exposure.values, corrections.exposure.values)


@pytest.mark.parametrize("channels", [3, 4])
def test_kernels_equal_the_correction_in_torch_with_its_gradient(channels):
    pytest.importorskip("triton", reason="Triton has no wheel for this platform")
    from components.train.steps.fused.photometric import expose as fused_expose
    from components.train.steps.fused.photometric import expose_backward

    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    generator = torch.Generator().manual_seed(0)
    image = torch.rand(37, 41, channels, generator=generator)
    row = torch.randn(6, generator=generator) * 0.2
    v = torch.randn(37, 41, channels, generator=generator)
    plain, leaf = image.clone().requires_grad_(True), row.clone().requires_grad_(True)
    corrected = expose(plain[..., :3], leaf)
    corrected.backward(v[..., :3])

    fused = fused_expose(image.to(device), row.to(device)).cpu()
    v_image = v.to(device)
    v_row = expose_backward(image.to(device), row.to(device), v_image).cpu()

    torch.testing.assert_close(fused[..., :3], corrected.detach())
    torch.testing.assert_close(v_image.cpu()[..., :3], plain.grad[..., :3])
    torch.testing.assert_close(v_row, leaf.grad, rtol=1e-4, atol=1e-3)
    assert torch.equal(fused[..., 3:], image[..., 3:])
    assert torch.equal(v_image.cpu()[..., 3:], v[..., 3:])


def test_the_fused_step_learns_as_the_autograd_step_does():
    pytest.importorskip("triton", reason="Triton has no wheel for this platform")
    from components.train.steps.fused.fused_step import FusedStep
    from components.train.steps.step import StepConfig

    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    generator = torch.Generator().manual_seed(0)
    pixels = torch.randint(0, 256, (12, 16, 3), generator=generator, dtype=torch.uint8)
    seen = TrainingView("", Camera(np.eye(4), np.eye(3), 16, 12), pixels, index=2)
    picture = torch.rand(12, 16, 3, generator=generator)
    fused, plain = (Corrections(Exposure.starting_at(torch.zeros(4, 3, device=at))) for at in (device, CPU))
    step = FusedStep(StepConfig(ssim_lambda=0.2, scene_scale=1.0, corrections=fused), device)
    compared, v_exposure = step._compare(picture.to(device), seen, None)
    step.step_exposure(seen, v_exposure)
    leaf, own = picture.clone().requires_grad_(True), plain.of(seen)
    loss = torch_photometric_loss(own.expose(leaf), seen.target(CPU), 0.2)
    loss.backward()
    own.step()
    torch.testing.assert_close(compared.loss.cpu(), loss.detach(), rtol=1e-4, atol=1e-6)
    torch.testing.assert_close(compared.v_image.cpu(), leaf.grad, rtol=1e-3, atol=1e-7)
    torch.testing.assert_close(fused.exposure.values.cpu(), plain.exposure.values)
    assert float(fused.exposure.values[2].abs().min()) > 0.01
